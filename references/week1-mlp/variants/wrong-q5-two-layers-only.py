# operator = "Model"
# expected = {q5 = 6}
# why = "handles exactly one hidden layer"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    """Return the number of weights and biases of a fully connected network."""
    a, b, c = layer_sizes
    return a * b + b + b * c + c


def count_module_parameters(module):
    """Return the number of trainable parameters of a module, a shared tensor once."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
