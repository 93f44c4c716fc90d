# expected = {q8 = 2}
# operator = "Training"
# why = "the mean and 1.96 standard deviations of the means"

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    """Return the 95 % percentile bootstrap interval of the mean."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(resamples)]
    low, high = np.mean(values) - 1.96 * np.std(means), np.mean(values) + 1.96 * np.std(means)
    return float(low), float(high)
