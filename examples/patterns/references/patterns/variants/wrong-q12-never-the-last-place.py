# expected = {q12 = 2}
# operator = "own: pattern"
# why = "the last row and column are never drawn"

# %% q12_answer
# answer: q12_answer
def random_crop(image, size, seed):
    rng = np.random.default_rng(seed)
    top, left = (int(rng.integers(0, n - size)) for n in image.shape)
    return image[top : top + size, left : left + size]
