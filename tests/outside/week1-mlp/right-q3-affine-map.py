# why = "The step is an affine map b -> A b + c, iterated on a homogeneous vector."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    m, p = X.shape
    M = np.eye(p + 1)
    M[:p, :p] -= lr / m * (X.T @ X)
    M[:p, p] = lr / m * (X.T @ y)
    v = np.r_[np.zeros(p), 1.0]
    rows = [v[:p]]
    for _ in range(steps):
        v = M @ v
        rows.append(v[:p])
    return np.stack(rows)
