# operator = "Model"
# expected = {q7 = 11}
# why = "zero crossings of the first layer inside the interval"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    layers = list(model)
    if not isinstance(layers[1], nn.ReLU):
        return 0
    w, b = layers[0].weight[:, 0], layers[0].bias
    at = -b / w
    return int(((at > low) & (at < high)).sum())
