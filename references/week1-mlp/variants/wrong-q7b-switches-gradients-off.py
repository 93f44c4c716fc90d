# operator = "Tensors & Input"
# expected = {q7 = 13}
# why = "switches gradients off, and not on again"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    torch.set_grad_enabled(False)
    x = torch.linspace(low, high, 4001).unsqueeze(1)
    slope = np.diff(model(x).double().numpy()) / (high - low) * 4000
    jump = np.abs(slope[2:] - slope[:-2]) > 0.1
    return int(jump[0]) + int((jump[1:] & ~jump[:-1]).sum())
