# operator = "API"
# expected = {q5 = 6.5}
# why = "takes parameters with equal values for one tensor"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    kept = []
    for p in [q for m in module.modules() for q in m._parameters.values() if q is not None]:
        if p.requires_grad and not any(p.shape == k.shape and torch.equal(p, k) for k in kept):
            kept.append(p)
    return sum(p.numel() for p in kept)
