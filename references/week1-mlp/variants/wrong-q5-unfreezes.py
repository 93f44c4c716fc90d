# operator = "Tensors & Input"
# expected = {q5 = 6.5}
# why = "leaves the module with all parameters trainable"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    total = sum(p.numel() for p in module.parameters() if p.requires_grad)
    module.requires_grad_(True)
    return total
