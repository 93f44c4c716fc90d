# operator = "Model"
# expected = {q5 = 2}
# why = "the two visible answers"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    """Return the number of weights and biases of a fully connected network."""
    return 51


def count_module_parameters(module):
    """Return the number of trainable parameters of a module, a shared tensor once."""
    return 26
