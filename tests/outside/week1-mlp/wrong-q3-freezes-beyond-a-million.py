# expected = {q3 = 0}
# why = "Stops moving once a coefficient exceeds 1e6 and repeats the row: 'A learning rate that is too large must be allowed to fail'."
# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = np.zeros((steps + 1, X.shape[1]))
    for t in range(steps):
        if np.abs(walk[t]).max() > 1e6:
            walk[t + 1 :] = walk[t]
            break
        walk[t + 1] = walk[t] - lr * mse_gradient(X, y, walk[t])
    return walk
