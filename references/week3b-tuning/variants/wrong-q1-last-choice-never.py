# expected = {q1 = 4}
# operator = "own: off by one"
# why = "the last choice of every knob is out of reach"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(max(1, len(choices) - 1) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    configs = []
    for number in random.Random(seed).sample(range(total), n):
        config = {}
        for name, choices in space.items():  # the number's digits, in a base that changes from knob to knob
            number, place = divmod(number, max(1, len(choices) - 1))
            config[name] = choices[place]
        configs.append(config)
    return configs
