# expected = {q1 = 0}
# why = "np.array of the products turns everything into strings; the contract: False stays False, 4 stays 4"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, row)) for row in np.array(list(itertools.product(*space.values()))).tolist()]
    if n > len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    return random.Random(seed).sample(everything, n)
