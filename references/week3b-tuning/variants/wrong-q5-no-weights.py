# expected = {q5 = 17}
# operator = "own: evidence"
# without = ["model_weights.pt"]
# why = "no weights"
