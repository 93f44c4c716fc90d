# expected = {q10 = 0}
# operator = "own: own network"
# why = "asks a network that was never trained"

# %% q10_answer
# answer: q10_answer
torch.manual_seed(46100)
_fresh = DNA_CNN(8)
with torch.no_grad():
    _pair = torch.stack([torch.as_tensor(one_hot_encode(seq), dtype=torch.float32) for seq in ("CTATCCCC", "CCCCTATC")])
    tat_moved = [float(y) for y in _fresh(_pair)]
    tat_filter = int(_fresh.conv(_pair[:1, 1:4].permute(0, 2, 1))[0, :, 0].argmax())
