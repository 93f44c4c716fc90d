# expected = {q1 = 0}
# why = "changes one knob of a base configuration at a time; the contract: every set of n as likely as any other, up to all of the space (12 of 12 is impossible)"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    if n > math.prod(len(c) for c in space.values()):
        raise ValueError("too many")
    dice = random.Random(seed)
    base = {name: dice.choice(choices) for name, choices in space.items()}
    ways = [base] + [{**base, name: c} for name, choices in space.items() for c in choices if c != base[name]]
    dice.shuffle(ways)
    return ways[:n]
