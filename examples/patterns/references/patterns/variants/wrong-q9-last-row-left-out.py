# expected = {q9 = 2}
# operator = "own: pattern"
# why = "the last row is not counted"

# %% q9_answer
# answer: q9_answer
def histogram(image, bins):
    return np.histogram(image[:-1], bins=bins, range=(0, 1))[0]
