# expected = {q8 = 2}
# operator = "own: pattern"
# why = "each mass feels the spring on its right only"

# %% q8_answer
# answer: q8_answer
def energy(x, k):
    return 0.5 * k * np.sum((np.diff(x) - 1) ** 2)


def force(x, k):
    return np.append(k * (np.diff(x) - 1), 0)
