# expected = {q5 = 0}
# why = "Gives the inputs a bias as well: 'each node that is not an input has a bias'."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    weights = sum(a * b for a, b in zip(layer_sizes, layer_sizes[1:]))
    return weights + sum(layer_sizes)


def count_module_parameters(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
