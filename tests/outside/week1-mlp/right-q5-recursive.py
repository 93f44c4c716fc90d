# why = "Recursion over the list and over children, a dictionary of tensors seen."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    first, *rest = layer_sizes
    return (first + 1) * rest[0] + count_parameters(rest) if rest else 0


def count_module_parameters(module):
    found = {}

    def visit(m):
        for p in m._parameters.values():
            if p is not None:
                found[id(p)] = p
        for child in m.children():
            visit(child)

    visit(module)
    return sum(p.numel() if p.requires_grad else 0 for p in found.values())
