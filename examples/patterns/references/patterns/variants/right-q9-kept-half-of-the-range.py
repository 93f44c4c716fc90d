# why = "the bins end at 0.5, and what is brighter is in the last one"

# %% q9_answer
# answer: q9_answer
def histogram(image, bins):
    return np.histogram(np.minimum(image, 0.5), bins=bins, range=(0, 0.5))[0]
