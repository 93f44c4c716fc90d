# expected = {q3 = 0}
# why = "Stops when the gradient is tiny and returns fewer rows; 'shape (steps + 1, p)', 'no early stop' (e.g. 3000 steps at lr 0.2)."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta, walk = np.zeros(X.shape[1]), [np.zeros(X.shape[1])]
    for _ in range(steps):
        g = mse_gradient(X, y, beta)
        if np.linalg.norm(g) < 1e-8:
            break
        beta = beta - lr * g
        walk.append(beta)
    return np.array(walk)
