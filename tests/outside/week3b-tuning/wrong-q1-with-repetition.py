# expected = {q1 = 0}
# why = "draws with repetition; the contract: n different configurations (12 of 12 cannot all be there)"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    return random.Random(seed).choices(everything, k=n)
