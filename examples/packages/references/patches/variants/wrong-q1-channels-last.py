# operator = "own: order"
# expected = {q1 = 20}
# why = "the channels are the innermost of a patch; with one channel nobody sees it"

# %% q1_answer
# answer: q1_answer
def to_patches(images, size):
    return rearrange(images, "n c (h p) (w q) -> n (h w) (p q c)", p=size, q=size)
