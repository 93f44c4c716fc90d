# expected = {q5 = 0}
# why = "Skips parameters without dimensions: a scalar nn.Parameter is one trainable number ('any nn.Module')."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad and p.dim() > 0)
