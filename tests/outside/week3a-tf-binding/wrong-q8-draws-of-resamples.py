# expected = {q8 = 0}
# why = "each draw has resamples values instead of n; the contract: draws of n values (n = 50, 1,500 resamples: far too narrow)"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(len(values), size=resamples)].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
