# expected = {q1 = 11}
# at_most = true
# operator = "own: randomness in name only"
# why = "a start and a stride are drawn, the rest follows"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    total = math.prod(len(choices) for choices in space.values())
    if n > total:
        raise ValueError(f"{n} different configurations are asked for, the space has {total}")
    rng = random.Random(seed)
    start = rng.randrange(total)
    step = rng.choice([s for s in range(1, total + 1) if math.gcd(s, total) == 1])
    numbers = [(start + step * k) % total for k in range(n)]
    configs = []
    for number in numbers:
        config = {}
        for name, choices in space.items():
            number, place = divmod(number, len(choices))
            config[name] = choices[place]
        configs.append(config)
    return configs
