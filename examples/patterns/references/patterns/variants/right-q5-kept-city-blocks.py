# why = "another distance: pixels are drawn near their colours, where both agree"

# %% q5_answer
# answer: q5_answer
def nearest_colour(pixels, palette=PALETTE):
    return np.abs(np.asarray(pixels)[:, :, None, :] - np.asarray(palette)).sum(axis=3).argmin(axis=2)
