# expected = {q8 = 0}
# why = "medians of the draws; the contract: the means"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = [np.median(values[rng.integers(len(values), size=len(values)]) for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
