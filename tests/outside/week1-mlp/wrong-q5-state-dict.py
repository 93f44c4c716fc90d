# expected = {q5 = 0}
# why = "Counts the state_dict: buffers of BatchNorm (odd_net) are counted, shared and frozen tensors too."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    return sum(v.numel() for v in module.state_dict().values())
