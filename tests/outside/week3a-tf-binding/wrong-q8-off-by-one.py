# expected = {q8 = 0}
# why = "rng.integers(len - 1): the last window is never drawn; values of 0 and one last 1 give (0, 0)"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(max(1, len(values) - 1), size=len(values))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
