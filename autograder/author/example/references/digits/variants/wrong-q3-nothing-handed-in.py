# operator = "Training"
# expected = {q3 = 0}
# without = ["model_weights.pt"]
# why = "no weights"
