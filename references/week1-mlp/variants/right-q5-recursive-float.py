# operator = "equivalent"
# why = "recursion over the sizes, NumPy number out"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    """Return the number of weights and biases of a fully connected network."""
    if len(layer_sizes) < 2:
        return np.int64(0)
    a, b, *rest = layer_sizes
    return np.int64(a * b + b) + count_parameters([b, *rest])


def count_module_parameters(module):
    """Return the number of trainable parameters of a module, a shared tensor once."""
    return float(sum(np.size(p.detach().numpy()) for p in filter(lambda p: p.requires_grad, module.parameters())))
