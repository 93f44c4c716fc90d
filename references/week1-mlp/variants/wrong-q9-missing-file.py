# operator = "Training"
# expected = {q9 = 0}
# why = "model_weights.pt is not handed in"
# without = ["model_weights.pt"]
