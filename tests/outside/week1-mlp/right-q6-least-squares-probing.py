# why = "Fits W and b to the two layers' answers on random points by least squares: exact but for rounding."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    d = W1.shape[1]
    points = np.random.default_rng(0).standard_normal((3 * d + 3, d))
    answers = (points @ W1.T + b1) @ W2.T + b2
    solution = np.linalg.lstsq(np.column_stack([points, np.ones(len(points))]), answers, rcond=None)[0]
    return solution[:d].T, solution[d]
