# expected = {q1 = 0}
# why = "Solves by 20000 gradient steps, which does not reach the small singular directions for cond(X) >= 1e3; contract: four digits."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    step = 1.0 / np.linalg.norm(X, 2) ** 2
    beta = np.zeros(X.shape[1])
    for _ in range(20000):
        beta = beta - step * X.T @ (X @ beta - y)
    return beta
