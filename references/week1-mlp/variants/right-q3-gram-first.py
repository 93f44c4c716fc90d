# operator = "equivalent"
# why = "XᵀX and Xᵀy once, then every step from them"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    m, p = X.shape
    gram, pull = X.T @ X / m, X.T @ y / m
    walk = [np.zeros(p)]
    for _ in range(steps):
        walk.append(walk[-1] - lr * (gram @ walk[-1] - pull))
    return np.vstack(walk)
