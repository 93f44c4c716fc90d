# operator = "Training"
# expected = {q3 = 4}
# why = "stops where the gradient is shorter than 0.001 and repeats the last row"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        g = mse_gradient(X, y, beta)
        if np.linalg.norm(g) >= 1e-3:
            beta = beta - lr * g
        walk.append(beta)
    return np.array(walk)
