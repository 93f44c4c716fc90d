# expected = {q3 = 0}
# why = "Own gradient with the 2 of calculus: 'steps along -g, the mse_gradient of part 2 (without the 2)'."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = [np.zeros(X.shape[1])]
    for _ in range(steps):
        r = X @ walk[-1] - y
        walk.append(walk[-1] - lr * np.mean(2 * r[:, None] * X, axis=0))
    return np.array(walk)
