# expected = {q1 = 0}
# why = "a grid: the first n of all; the contract: every set is as likely as any other"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    return everything[:n]
