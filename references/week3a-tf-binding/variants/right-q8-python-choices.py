# operator = "equivalent"
# why = "Python's choices, seeded"

# %% q8_answer
# answer: q8_answer
import random


def bootstrap_interval(values, resamples, seed):
    random.seed(seed)
    values = list(values)
    means = sorted(sum(random.choices(values, k=len(values))) / len(values) for _ in range(resamples))
    return [np.percentile(means, 2.5), np.percentile(means, 97.5)]
