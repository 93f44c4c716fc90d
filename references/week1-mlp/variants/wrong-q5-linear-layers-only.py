# operator = "API"
# expected = {q5 = 7}
# why = "knows nn.Linear and no other layer"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    """Return the number of weights and biases of a fully connected network."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    """Return the number of trainable parameters of a module, a shared tensor once."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    tensors = {id(p): p for layer in layers for p in (layer.weight, layer.bias)}
    return sum(p.numel() for p in tensors.values() if p.requires_grad)
