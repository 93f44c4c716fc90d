# operator = "Training"
# expected = {q3 = 5}
# why = "returns a shorter walk once it has left the numbers"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        g = mse_gradient(X, y, beta)
        beta = beta - lr * g
        if not np.isfinite(beta).all():
            break
        walk.append(beta)
    return np.array(walk)
