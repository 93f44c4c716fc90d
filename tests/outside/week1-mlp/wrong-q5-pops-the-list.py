# expected = {q5 = 0}
# why = "Pops sizes off the caller's list: right number, but the list is empty afterwards; 'arguments are left as they were'."
# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    total, fan_in = 0, layer_sizes.pop(0)
    while layer_sizes:
        fan_out = layer_sizes.pop(0)
        total += fan_in * fan_out + fan_out
        fan_in = fan_out
    return total


def count_module_parameters(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)
