# operator = "OCG"
# expected = {q3 = 5}
# why = "clips the gradient to length 1000"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        g = mse_gradient(X, y, beta)
        beta = beta - lr * g * min(1.0, 1000 / max(np.linalg.norm(g), 1e-300))
        walk.append(beta)
    return np.array(walk)
