# operator = "Tensors & Input"
# expected = {q5 = 4}
# why = "leaves the module in evaluation mode"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    return sum(p.numel() for p in module.eval().parameters() if p.requires_grad)
