# expected = {q1 = 13}
# operator = "own: in place"
# why = "shuffles the caller's lists of choices"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    names = list(space)
    r = random.Random(seed)
    for c in space.values():
        r.shuffle(c)
    grid = list(itertools.product(*space.values()))
    if n > len(grid):
        raise ValueError("too many")
    chosen = r.sample(grid, n)
    return [dict(zip(names, combo)) for combo in chosen]
