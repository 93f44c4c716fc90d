# why = "Second differences of a grid of 3001 points; a run of neighbouring large ones is one kink."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    n = 3000
    x = torch.linspace(low, high, n + 1)
    with torch.no_grad():
        f = model(x.reshape(-1, 1)).double().reshape(-1)
    h = (high - low) / n
    bend = (f[2:] - 2 * f[1:-1] + f[:-2]).abs() / h > 0.06
    kinks, inside = 0, False
    for b in bend.tolist():
        if b and not inside:
            kinks += 1
        inside = b
    return kinks
