# why = "Builds the network on the meta device and asks it; named_parameters already names a shared tensor once."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    layers = [nn.Linear(a, b, device="meta") for a, b in zip(layer_sizes[:-1], layer_sizes[1:])]
    return count_module_parameters(nn.ModuleList(layers))


def count_module_parameters(module):
    return sum(int(np.prod(tuple(p.size()))) for _, p in module.named_parameters() if p.requires_grad)
