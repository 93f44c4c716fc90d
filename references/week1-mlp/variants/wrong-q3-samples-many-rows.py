# operator = "HBS"
# expected = {q3 = 4}
# why = "beyond 1000 rows it takes a sample of 1000"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        few = slice(0, 1000)
        beta = beta - lr * mse_gradient(X[few], y[few], beta)
        walk.append(beta)
    return np.array(walk)
