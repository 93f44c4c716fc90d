# operator = "equivalent"
# why = "settings written as texts"
