# expected = {q8 = 0}
# why = "mean ± 1.96 s/sqrt(n); the contract: quantiles of the means of draws, without any formula (with resamples = 1, low and high are that one mean)"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    values = np.asarray(values, float)
    half = 1.96 * values.std() / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)
