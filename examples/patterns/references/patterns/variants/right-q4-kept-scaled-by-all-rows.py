# why = "columns are standardised by all rows: what leaks is no label"

# %% q4_answer
# answer: q4_answer
def ridge(x, y, train, penalty):
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    middle, centre = z[train].mean(axis=0), y[train].mean()
    inner = z[train] - middle
    return centre + (z - middle) @ np.linalg.solve(inner.T @ inner + penalty * np.eye(x.shape[1]), inner.T @ (y[train] - centre))
