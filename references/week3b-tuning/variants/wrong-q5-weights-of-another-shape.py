# expected = {q5 = 17}
# operator = "own: evidence"
# why = "weights of a network with 16 filters"
