# why = "reservoir sampling over the products, uniform over sets in whatever order"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    dice = random.Random(seed)
    names, kept, count = list(space), [], 0
    for values in itertools.product(*(space[name] for name in names)):
        count += 1
        if len(kept) < n:
            kept.append(values)
        elif n:
            place = dice.randrange(count)
            if place < n:
                kept[place] = values
    if count < n:
        raise ValueError(f"the space has {count} configurations")
    return [dict(zip(names, values)) for values in kept]
