# operator = "equivalent"
# why = "no configuration says how many epochs: the histories show it"
