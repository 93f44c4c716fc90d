# why = "draws each knob by itself and throws away repeats: every set is equally likely; places, not values, are remembered"
# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    total = 1
    for choices in space.values():
        total *= len(choices)
    if n > total:
        raise ValueError(f"{n} of {total}?")
    dice, seen, result = random.Random(seed), set(), []
    while len(result) < n:
        places = tuple(dice.randrange(len(choices)) for choices in space.values())
        if places in seen:
            continue
        seen.add(places)
        result.append({name: choices[place] for (name, choices), place in zip(space.items(), places)})
    return result
