# operator = "equivalent"
# why = "a fair set in the order of the grid: the contract asks for sets"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    configs = []
    for number in sorted(random.Random(seed).sample(range(total), n)):
        config = {}
        for name, choices in space.items():  # the number's digits, in a base that changes from knob to knob
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
