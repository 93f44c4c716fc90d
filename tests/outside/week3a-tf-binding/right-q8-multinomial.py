# why = "counts per window from a multinomial are the same as drawing with replacement; torch quantile"
# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    v = np.array(values, dtype=np.float64)
    rng = np.random.RandomState(seed)
    n = len(v)
    means = [float(rng.multinomial(n, np.full(n, 1 / n)) @ v) / n for _ in range(resamples)]
    q = torch.quantile(torch.tensor(means, dtype=torch.float64), torch.tensor([0.025, 0.975], dtype=torch.float64))
    return q[0].item(), q[1].item()
