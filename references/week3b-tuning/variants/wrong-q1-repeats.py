# expected = {q1 = 5}
# operator = "UMLAUT: repeated trial"
# why = "independent draws: a sweep may run the same trial twice, and any number of them"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    generator = random.Random(seed)
    return [{name: generator.choice(choices) for name, choices in space.items()} for _ in range(n)]
