# operator = "equivalent"
# why = "configurations in the order of hashes of seed and number"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    numbers = sorted(range(total), key=lambda k: hashlib.sha256(f"{seed} {k}".encode()).digest())[:n]
    configs = []
    for number in numbers:
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
