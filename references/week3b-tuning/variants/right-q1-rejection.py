# operator = "equivalent"
# why = "drawn knob by knob; a configuration that was drawn already is drawn again"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    """Draw n configurations."""
    size = 1
    for choices in space.values():
        size *= len(choices)
    if n > size:
        raise ValueError(f"only {size} configurations")
    generator, seen, configs = random.Random(f"sweep {seed}"), set(), []
    while len(configs) < n:
        places = tuple(generator.randrange(len(choices)) for choices in space.values())
        if places not in seen:
            seen.add(places)
            configs.append({name: choices[i] for (name, choices), i in zip(space.items(), places)})
    return configs
