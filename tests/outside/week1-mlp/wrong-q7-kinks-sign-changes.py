# expected = {q7 = 0}
# why = "Counts only where the slope changes its sign (peaks and valleys): slopes 1, 1.3, 1.6 have kinks too; and a flat piece is missed."
# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 5001)
    with torch.no_grad():
        d = model(x.unsqueeze(1)).diff()
    sign = torch.where(d.abs() < 1e-5, torch.zeros_like(d), d.sign())
    return int((sign[1:] != sign[:-1]).sum())
