# operator = "HNE"
# expected = {q9 = 1}
# why = "weights of a new model"
