# why = "Counts by multiplying shapes; ids in a set for shared tensors."
# %% q5_answer
# answer: q5_answer
import math


def count_parameters(layer_sizes):
    total = 0
    for i in range(1, len(layer_sizes)):
        total += layer_sizes[i] * layer_sizes[i - 1] + layer_sizes[i]
    return total


def count_module_parameters(module):
    seen, total = set(), 0
    for part in module.modules():
        for p in part.parameters(recurse=False):
            if p.requires_grad and id(p) not in seen:
                seen.add(id(p))
                total += math.prod(p.shape)
    return total
