# expected = {q1 = 0}
# why = "np.random.seed(seed) moves the generator of NumPy; the contract: left as they were"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    np.random.seed(seed)
    return [everything[i] for i in np.random.choice(len(everything), n, replace=False)]
