# expected = {q1 = 0}
# why = "spreads the choices of every knob evenly over the n trials (Latin hypercube); the contract: every set of n as likely as any other (3 x 1 and n = 2 fine, 2 x 2 and n = 2 gives the diagonals only)"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    total = math.prod(len(c) for c in space.values())
    if n > total:
        raise ValueError("too many")
    dice = random.Random(seed)
    for _ in range(200 if n <= 30 else 0):
        columns = {}
        for name, choices in space.items():
            column = [choices[i % len(choices)] for i in range(n)]
            dice.shuffle(column)
            columns[name] = column
        result = [{name: columns[name][i] for name in space} for i in range(n)]
        if all(a != b for a, b in itertools.combinations(result, 2)):
            return result
    everything = [dict(zip(space, v)) for v in itertools.product(*space.values())]
    return dice.sample(everything, n)
