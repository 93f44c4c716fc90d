# expected = {q8 = 0}
# why = "quantiles of the drawn values, not of their means; the contract: of the means"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(len(values), size=len(values))] for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
