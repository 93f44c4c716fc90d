# why = "row and column hang together: each alone is as likely as it must be"

# %% q12_answer
# answer: q12_answer
def random_crop(image, size, seed):
    u = np.random.default_rng(seed).random()
    top, left = (int(u * (n - size + 1)) for n in image.shape)
    return image[top : top + size, left : left + size]
