# operator = "Training"
# expected = {q3 = 2}
# why = "jumps to the minimum and stays"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    """Return the walk of gradient descent from zero, shape (steps + 1, p)."""
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(steps):
        beta = normal_equation(X, y)
        walk.append(beta)
    return np.array(walk)
