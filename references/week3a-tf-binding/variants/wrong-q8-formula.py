# expected = {q8 = 2}
# operator = "Training"
# why = "no draws: the mean and 1.96 standard errors"

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    """Return the 95 % percentile bootstrap interval of the mean."""
    half = 1.96 * np.std(values) / np.sqrt(len(values))
    return float(np.mean(values) - half), float(np.mean(values) + half)
