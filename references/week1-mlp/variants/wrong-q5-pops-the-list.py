# operator = "Tensors & Input"
# expected = {q5 = 6}
# why = "takes the sizes out of the caller's list"

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    fan_in, total = layer_sizes.pop(0), 0
    while layer_sizes:
        fan_out = layer_sizes.pop(0)
        total += (fan_in + 1) * fan_out
        fan_in = fan_out
    return total


def count_module_parameters(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
