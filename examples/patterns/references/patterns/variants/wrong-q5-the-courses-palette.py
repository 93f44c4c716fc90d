# expected = {q5 = 2}
# operator = "own: pattern"
# why = "the palette of the notebook, whatever is given"

# %% q5_answer
# answer: q5_answer
def nearest_colour(pixels, palette=PALETTE):
    return np.square(np.asarray(pixels)[:, :, None, :] - PALETTE).sum(axis=3).argmin(axis=2)
