# operator = "Model"
# expected = {q5 = 7}
# why = "visits modules without children only: a container's own parameters are missed"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    ps = {p for m in module.modules() if not list(m.children()) for p in m.parameters() if p.requires_grad}
    return sum(p.numel() for p in ps)
