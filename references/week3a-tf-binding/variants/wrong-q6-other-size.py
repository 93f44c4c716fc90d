# expected = {q6 = 3, q7 = 7, q8 = 3, q10 = 0}
# operator = "Model"
# why = "weights of a network with 16 filters"
