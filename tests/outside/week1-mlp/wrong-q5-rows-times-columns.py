# expected = {q5 = 0}
# why = "Counts shape[0]*shape[1] for matrices and len for the rest: the third dimension of a Conv1d weight (odd_net) is lost."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    total = 0
    for p in module.parameters():
        if p.requires_grad:
            total += p.shape[0] * p.shape[1] if p.dim() >= 2 else p.shape[0]
    return total
