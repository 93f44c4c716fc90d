# expected = {q5 = 0}
# why = "Adds in int32: [100000, 100000] has 10000100000 parameters, which overflows."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    s = np.array(layer_sizes, dtype=np.int32)
    return int(np.sum((s[:-1] + 1) * s[1:], dtype=np.int32))


def count_module_parameters(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
