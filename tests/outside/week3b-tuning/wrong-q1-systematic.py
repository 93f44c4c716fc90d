# expected = {q1 = 0}
# why = "a random start and then every k-th configuration; the contract: every set of n equally likely (of 8, n = 1 is fine; of 4, n = 2 never has neighbours)"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Return n different configurations of the space, every set of them equally likely."""
    everything = [dict(zip(space, values)) for values in itertools.product(*space.values())]
    if n > len(everything):
        raise ValueError(f"only {len(everything)} configurations")
    if not n:
        return []
    k = len(everything) // n
    start = random.Random(seed).randrange(len(everything))
    return [everything[(start + i * k) % len(everything)] for i in range(n)]
