# expected = {q8 = 0}
# why = "permutations instead of draws with replacement: all means are the same; the visible check wants a width"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    rng = np.random.default_rng(seed)
    means = [rng.permutation(values).mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
