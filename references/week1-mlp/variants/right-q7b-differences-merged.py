# operator = "equivalent"
# why = "finite differences, neighbouring changes merged"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = torch.linspace(low, high, 2001).unsqueeze(1)
    with torch.no_grad():
        f = model(x).double()
    slope = (f[1:] - f[:-1]) / ((high - low) / 2000)
    bent = ((slope[1:] - slope[:-1]).abs() > 0.05).tolist()
    return sum(1 for i, b in enumerate(bent) if b and not (i and bent[i - 1]))
