# operator = "equivalent"
# why = "second differences on 1,000 points in NumPy, groups counted"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    x = np.linspace(low, high, 1000)
    f = model(torch.tensor(x, dtype=torch.float32)[:, None]).detach().numpy().astype(float)
    h = x[1] - x[0]
    hits = np.flatnonzero(np.abs(np.diff(f, 2)) / h > 0.05)
    return np.count_nonzero(np.diff(hits, prepend=-10) > 1)
