# expected = {q3 = 0}
# why = "Keeps the old beta when the loss would rise: 'A learning rate that is too large must be allowed to fail'; differs for lr = 3."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = [np.zeros(X.shape[1])]
    for _ in range(steps):
        new = walk[-1] - lr * mse_gradient(X, y, walk[-1])
        walk.append(new if mse(X @ new, y) <= mse(X @ walk[-1], y) else walk[-1])
    return np.array(walk)
