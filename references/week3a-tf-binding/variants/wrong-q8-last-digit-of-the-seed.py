# expected = {q8 = 2}
# operator = "Tensors & Input"
# why = "only the last digit of the seed counts"

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    """Return the 95 % percentile bootstrap interval of the mean."""
    rng = np.random.default_rng(seed % 10)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
