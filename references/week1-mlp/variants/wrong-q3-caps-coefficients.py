# operator = "Training"
# expected = {q3 = 5}
# why = "holds the coefficients between minus and plus ten million"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        g = mse_gradient(X, y, beta)
        beta = np.clip(beta - lr * g, -1e7, 1e7)
        walk.append(beta)
    return np.array(walk)
