# expected = {q1 = 0}
# why = "a repeat is replaced by the next free configuration instead of a new draw: for n = 2 of 4, neighbours come with 3/16 each and the others with 1/8, where the contract (every set as likely as any other) wants 1/6 each"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        raise ValueError("too many")
    dice, taken = random.Random(seed), {}
    for _ in range(n):
        i = dice.randrange(len(everything))
        while i in taken:
            i = (i + 1) % len(everything)
        taken[i] = True
    return [everything[i] for i in taken]
