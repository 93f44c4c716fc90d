# operator = "Model"
# expected = {q5 = 4}
# why = "counts the state_dict: frozen and shared both"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    """Return the number of weights and biases of a fully connected network."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    """Return the number of trainable parameters of a module, a shared tensor once."""
    return sum(t.numel() for t in module.state_dict().values())
