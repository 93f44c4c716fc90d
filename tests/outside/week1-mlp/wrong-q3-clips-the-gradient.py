# expected = {q3 = 0}
# why = "Clips the gradient to +-1e3: 'no clipping'; shows only on a diverging walk or a steep start."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = [np.zeros(X.shape[1])]
    for _ in range(steps):
        g = np.clip(X.T @ (X @ walk[-1] - y) / len(y), -1e3, 1e3)
        walk.append(walk[-1] - lr * g)
    return np.array(walk)
