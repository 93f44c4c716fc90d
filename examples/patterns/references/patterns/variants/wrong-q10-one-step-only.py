# expected = {q10 = 2}
# operator = "own: pattern"
# why = "returns in the first round"

# %% q10_answer
# answer: q10_answer
def fit(x, y, steps):
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        probability = 1 / (1 + np.exp(-x @ weights))
        return weights - 0.5 * x.T @ (probability - y) / len(y)
    return weights
