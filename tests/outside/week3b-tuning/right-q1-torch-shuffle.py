# why = "a torch.Generator and a permutation of all configurations, built recursively"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    def grow(knobs):
        if not knobs:
            return [{}]
        (name, choices), *rest = knobs
        return [{name: choice, **others} for choice in choices for others in grow(rest)]

    grid = grow(list(space.items()))
    if len(grid) < n:
        raise ValueError("too many")
    order = torch.randperm(len(grid), generator=torch.Generator().manual_seed(seed))
    return [grid[i] for i in order[:n]]
