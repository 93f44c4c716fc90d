# expected = {q8 = 4, q10 = 0}
# operator = "own: missing"
# why = "no weights handed in"
# without = ["model_weights.pt"]
