# expected = {q6 = 5}
# operator = "HNE"
# why = "initial weights"
