# expected = {q1 = 0}
# why = "torch.manual_seed changes the generator of PyTorch; the contract: make one of your own"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    torch.manual_seed(seed)
    return [everything[i] for i in torch.randperm(len(everything))[:n].tolist()]
