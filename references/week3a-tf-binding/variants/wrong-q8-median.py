# expected = {q8 = 2}
# operator = "Training"
# why = "the median of each draw"

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    """Return the 95 % percentile bootstrap interval of the mean."""
    rng = np.random.default_rng(seed)
    means = [np.median(values[rng.integers(0, len(values), len(values))]) for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
