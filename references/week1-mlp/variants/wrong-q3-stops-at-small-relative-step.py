# operator = "Training"
# expected = {q3 = 5}
# why = "stops where a step is less than a millionth of beta, and repeats the last row"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        g = mse_gradient(X, y, beta)
        if not np.any(beta) or np.linalg.norm(lr * g) >= 1e-6 * np.linalg.norm(beta):
            beta = beta - lr * g
        walk.append(beta)
    return np.array(walk)
