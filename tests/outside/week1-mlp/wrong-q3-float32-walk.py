# expected = {q3 = 0}
# why = "Walks in float32, so a diverging walk (e.g. lr 1 on X_cells, 120 steps, values past 1e38) becomes inf/NaN where the float64 walk is still finite; 'must be allowed to fail', row t the coefficients after t steps."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    X, y = X.astype(np.float32), y.astype(np.float32)
    walk = np.zeros((steps + 1, X.shape[1]), dtype=np.float32)
    for t in range(steps):
        walk[t + 1] = walk[t] - lr * (X.T @ (X @ walk[t] - y) / len(y))
    return walk
