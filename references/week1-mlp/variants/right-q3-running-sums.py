# operator = "equivalent"
# why = "differences stored, summed at the end"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    A, c = X.T @ X / len(y), X.T @ y / len(y)
    moves = np.zeros((steps + 1, X.shape[1]))
    beta = np.zeros(X.shape[1])
    for t in range(1, steps + 1):
        moves[t] = lr * (c - A @ beta)
        beta = beta + moves[t]
    return np.cumsum(moves, axis=0)
