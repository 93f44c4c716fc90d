# expected = {q1 = 0}
# why = "shuffles the lists of choices in place; the notebook: no function may change its arguments"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    for choices in space.values():
        random.Random(seed).shuffle(choices)
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    return random.Random(seed).sample(everything, n)
