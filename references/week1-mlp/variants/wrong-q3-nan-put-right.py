# operator = "own: contract"
# expected = {q3 = 5}
# why = "nan_to_num and a cap of 1e60 turn a walk that has left all numbers into numbers"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    walk = np.zeros((steps + 1, X.shape[1]))
    for t in range(steps):
        walk[t + 1] = np.clip(np.nan_to_num(walk[t] - lr * mse_gradient(X, y, walk[t])), -1e60, 1e60)
    return walk
