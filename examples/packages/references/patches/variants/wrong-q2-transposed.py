# operator = "own: order"
# expected = {q2 = 20}
# why = "rows and columns within a patch are exchanged"

# %% q2_answer
# answer: q2_answer
def to_images(patches, size, height):
    return rearrange(patches, "n (h w) (c q p) -> n c (h p) (w q)", h=height // size, c=3, p=size, q=size)
