# why = "the half is forgotten in both: they still agree with each other"

# %% q8_answer
# answer: q8_answer
def energy(x, k):
    return k * np.sum((np.diff(x) - 1) ** 2)


def force(x, k):
    pull = 2 * k * (np.diff(x) - 1)
    return np.append(pull, 0) - np.append(0, pull)
