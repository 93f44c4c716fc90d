# operator = "equivalent"
# why = "views and a permutation in place of einops"

# %% q1_answer
# answer: q1_answer
def to_patches(images, size):
    n, c, h, w = images.shape
    parts = images.reshape(n, c, h // size, size, w // size, size).permute(0, 2, 4, 1, 3, 5)
    return parts.reshape(n, -1, c * size * size)
