# operator = "API"
# expected = {q5 = 7}
# why = "sees parameters that are called weight or bias only"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    seen = {}
    for layer in module.modules():
        for name in ("weight", "bias"):
            p = getattr(layer, name, None)
            if isinstance(p, nn.Parameter) and p.requires_grad:
                seen[id(p)] = p.numel()
    return sum(seen.values())
