# expected = {q5 = 17}
# operator = "HNE"
# why = "weights of an untrained network of the right shapes"
