# expected = {q1 = 0}
# why = "more than the space has: returns all instead of ValueError, which the contract asks for"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        n = len(everything)
    return random.Random(seed).sample(everything, n)
