# operator = "equivalent"
# why = "builds the network and asks it; sizes by prod, sharing by id"

# %% q5_answer
# answer: q5_answer
def count_module_parameters(module):
    seen = {}
    for name, p in module.named_parameters(remove_duplicate=False):
        if p.requires_grad:
            seen[id(p)] = int(np.prod(p.shape))
    return torch.tensor(sum(seen.values()))


def count_parameters(layer_sizes):
    return count_module_parameters(nn.Sequential(*[nn.Linear(a, b) for a, b in zip(layer_sizes, layer_sizes[1:])]))
