# expected = {q1 = 0}
# why = "values pass through NumPy arrays and come back as np.int64 and np.bool_; the contract: plain Python values (json.dumps fails)"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    total = math.prod(len(c) for c in space.values())
    if n > total:
        raise ValueError("too many")
    rng = np.random.default_rng(seed)
    columns = {name: np.array(choices) for name, choices in space.items()}
    result, seen = [], set()
    while len(result) < n:
        config = {name: rng.choice(column) for name, column in columns.items()}
        key = tuple(str(v) for v in config.values())
        if key not in seen:
            seen.add(key)
            result.append(config)
    return result
