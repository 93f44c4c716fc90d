# expected = {q1 = 13}
# operator = "own: left changed"
# why = "NumPy's global generator is seeded where the space is large"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    numbers = (np.random.seed(seed % 2**32), [int(v) for v in np.random.permutation(total)[:n]])[1] if total > 50 else random.Random(seed).sample(range(total), n)
    configs = []
    for number in numbers:
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
