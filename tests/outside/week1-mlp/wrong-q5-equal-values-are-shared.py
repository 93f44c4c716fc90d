# expected = {q5 = 0}
# why = "Takes tensors of equal values for shared: two layers with zero weights of the same shape are counted once though they are different tensors."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    different = []
    for p in module.parameters():
        if p.requires_grad and not any(p.shape == q.shape and torch.equal(p, q) for q in different):
            different.append(p)
    return sum(p.numel() for p in different)
