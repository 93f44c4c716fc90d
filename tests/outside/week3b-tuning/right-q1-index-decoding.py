# why = "numbers a configuration as a number in mixed radix and draws numbers without replacement with a NumPy generator of its own"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    sizes = [len(choices) for choices in space.values()]
    total = math.prod(sizes)
    if n > total:
        raise ValueError("the space is smaller than that")
    rng = np.random.default_rng(seed)
    configs = []
    for number in rng.choice(total, size=n, replace=False).tolist():
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
