# operator = "equivalent"
# why = "PyTorch draws, from a generator of its own"

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    generator = torch.Generator().manual_seed(seed)
    values = torch.as_tensor(np.array(values, dtype=np.float64))
    means = torch.stack([values[torch.randint(len(values), (len(values),), generator=generator)].mean() for _ in range(resamples)])
    return tuple(torch.quantile(means, torch.tensor([0.025, 0.975], dtype=torch.float64)))
