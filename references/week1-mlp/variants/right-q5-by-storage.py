# operator = "equivalent"
# why = "shared tensors told apart by where they lie"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    sizes = np.array(layer_sizes)
    return np.sum(sizes[1:] * (sizes[:-1] + 1))


def count_module_parameters(module):
    seen = {}
    for layer in module.modules():
        for p in layer.parameters(recurse=False):
            if p.requires_grad:
                seen[p.data_ptr()] = torch.tensor(p.shape).prod()
    return sum(seen.values())
