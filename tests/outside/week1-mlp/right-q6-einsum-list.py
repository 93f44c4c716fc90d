# why = "einsum, and a list instead of a tuple for the pair."
# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    W = np.einsum("oh,hd->od", W2, W1)
    b = np.einsum("oh,h->o", W2, b1)
    b += b2
    return [W, b]
