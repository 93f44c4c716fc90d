# operator = "equivalent"
# why = "all draws at once by choice, percentiles"

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    draws = np.random.RandomState(seed).choice(values, size=(resamples, len(values)), replace=True)
    return np.percentile(draws.mean(axis=1), [2.5, 97.5])
