# expected = {q8 = 0}
# why = "the generator is made anew for each draw with the same seed, so all draws are one; the visible check wants a width of 0.1"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = [values[np.random.default_rng(seed).integers(len(values), size=len(values))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
