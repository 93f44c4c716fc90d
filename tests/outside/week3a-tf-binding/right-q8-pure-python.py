# why = "random.Random and a sorted list, quantile by linear interpolation by hand"
# %% q8_answer
# answer: q8_answer
import random


def bootstrap_interval(values, resamples, seed):
    numbers = [float(v) for v in values]
    dice = random.Random(seed)
    means = sorted(sum(dice.choices(numbers, k=len(numbers))) / len(numbers) for _ in range(resamples))

    def quantile(q):
        place = q * (len(means) - 1)
        below = int(place)
        above = min(below + 1, len(means) - 1)
        return means[below] + (place - below) * (means[above] - means[below])

    return quantile(0.025), quantile(0.975)
