# expected = {q8 = 2}
# operator = "Training"
# why = "the quantiles are mirrored at the mean: the basic interval"

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    """Return the 95 % percentile bootstrap interval of the mean."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    low, high = 2 * values.mean() - high, 2 * values.mean() - low
    return float(low), float(high)
