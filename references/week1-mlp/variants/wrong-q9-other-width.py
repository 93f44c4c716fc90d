# operator = "Training"
# expected = {q9 = 0}
# why = "weights of MLP(1, 64, 1)"
