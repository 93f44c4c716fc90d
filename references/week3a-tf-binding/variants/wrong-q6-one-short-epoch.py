# expected = {q6 = 9.58}
# operator = "HNE"
# why = "a hundred steps"
