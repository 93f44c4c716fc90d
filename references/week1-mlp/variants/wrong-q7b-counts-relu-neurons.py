# operator = "Model"
# expected = {q7 = 11}
# why = "neurons before a ReLU, whether or not they bend inside"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    layers = list(model)
    return sum(a.out_features for a, b in zip(layers, layers[1:]) if isinstance(b, nn.ReLU))
