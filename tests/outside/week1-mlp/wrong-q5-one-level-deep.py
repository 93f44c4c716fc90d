# expected = {q5 = 0}
# why = "Looks at the direct children only: 'any nn.Module, of any depth' (odd_net has Sequential in Sequential)."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    total, seen = 0, set()
    for child in module.children():
        for p in child.parameters(recurse=False):
            if p.requires_grad and id(p) not in seen:
                seen.add(id(p))
                total += p.numel()
    return total
