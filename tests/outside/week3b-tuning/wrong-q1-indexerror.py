# expected = {q1 = 0}
# why = "n equal to the size of the space is refused; the contract refuses only more than the space has"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n >= len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    return random.Random(seed).sample(everything, n)
