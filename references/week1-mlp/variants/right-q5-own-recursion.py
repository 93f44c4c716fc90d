# operator = "equivalent"
# why = "goes through the children by itself, and remembers what it has seen"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    total = 0
    for i in range(1, len(layer_sizes)):
        total += layer_sizes[i - 1] * layer_sizes[i] + layer_sizes[i]
    return total


def count_module_parameters(module):
    seen = set()

    def visit(part):
        own = [p for p in part.parameters(recurse=False) if p.requires_grad and id(p) not in seen]
        seen.update(id(p) for p in own)
        return sum(p.nelement() for p in own) + sum(visit(child) for child in part.children())

    return visit(module)
