# operator = "equivalent"
# why = "the file was saved in float64"
