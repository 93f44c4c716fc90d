# why = "all draws at once as one matrix, percentile instead of quantile"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    v = np.asarray(values, dtype=float)
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    means = np.empty(resamples)
    step = max(1, 2_000_000 // len(v))
    for i in range(0, resamples, step):
        k = min(step, resamples - i)
        means[i : i + k] = generator.choice(v, size=(k, len(v)), replace=True).mean(axis=1)
    return tuple(np.percentile(means, (2.5, 97.5)))
