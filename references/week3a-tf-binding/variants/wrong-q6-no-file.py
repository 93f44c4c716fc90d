# expected = {q6 = 3, q7 = 7, q8 = 3, q10 = 0}
# operator = "Training"
# why = "no weights are handed in"
# without = ["model_weights.pt"]
