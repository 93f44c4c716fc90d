# operator = "equivalent"
# why = "by einsum on tensors, a list of tensors out"

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    W1, b1, W2, b2 = (torch.as_tensor(a) for a in (W1, b1, W2, b2))
    return [torch.einsum("oh,hd->od", W2, W1), torch.einsum("oh,h->o", W2, b1).add(b2)]
