# operator = "equivalent"
# why = "the global generator, seeded, and put back as it was"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    state = random.getstate()
    random.seed(seed)
    numbers = random.sample(range(total), n)
    random.setstate(state)
    numbers = numbers
    configs = []
    for number in numbers:
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
