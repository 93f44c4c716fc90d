# expected = {q10 = 2}
# operator = "own: own network"
# why = "the filters read from right to left and the letters' columns in the slide's order"

# %% q10_answer
# answer: q10_answer
tat_filter = int(torch.einsum("fcj,jc->f", trained.conv.weight.detach()[:, [0, 3, 2, 1]], torch.eye(4)[[3, 0, 3]]).argmax())
tat_moved = (25.28, 25.11)
