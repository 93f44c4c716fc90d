# why = "Returns a float32 torch tensor; the contract allows 'array (or tensor)'; torch.zeros((0, 4)) for the empty string."
# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    out = torch.zeros((len(seq), 4), dtype=torch.float32)
    for i, base in enumerate(seq):
        k = "AaCcGgTtNn".find(base)
        if k < 0:
            raise ValueError("not A, C, G, T or N: " + base)
        if k < 8:
            out[i, k // 2] = 1.0
    return out
