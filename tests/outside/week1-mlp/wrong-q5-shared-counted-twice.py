# expected = {q5 = 0}
# why = "Goes through modules() without remembering tensors: two layers that share one weight count it twice; 'a tensor that is shared by several layers counts once'."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return sum((a + 1) * b for a, b in zip(layer_sizes, layer_sizes[1:]))


def count_module_parameters(module):
    return sum(p.numel() for m in module.modules() for p in m.parameters(recurse=False) if p.requires_grad)
