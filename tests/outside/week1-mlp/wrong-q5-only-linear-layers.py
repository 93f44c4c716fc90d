# expected = {q5 = 0}
# why = "Counts only nn.Linear layers: 'any nn.Module' also has Conv1d and BatchNorm (odd_net)."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    ps = {p for m in module.modules() if isinstance(m, nn.Linear) for p in m.parameters() if p.requires_grad}
    return sum(p.numel() for p in ps)
