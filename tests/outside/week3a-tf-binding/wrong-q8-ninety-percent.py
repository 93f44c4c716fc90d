# expected = {q8 = 0}
# why = "5 % and 95 % quantiles; the contract: 2.5 % and 97.5 %"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.05, 0.95])
    return float(low), float(high)
