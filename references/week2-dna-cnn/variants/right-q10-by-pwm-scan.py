# why = "filters as position weight matrices in NumPy, predictions one by one as tensors"

# %% q10_answer
# answer: q10_answer
_own = DNA_CNN(8)
_own.load_state_dict(torch.load("model_weights.pt", map_location="cpu"))
_own.eval()
_tat = np.eye(4)[["ACGT".index(letter) for letter in "TAT"]]
_scores = [pwm_scan(_tat, filt.T)[0] for filt in _own.conv.weight.detach().numpy()] + _own.conv.bias.detach().numpy()
tat_filter = np.argsort(_scores)[-1]
tat_moved = torch.cat([_own(torch.as_tensor(one_hot_encode(seq))[None]) for seq in ("CTATCCCC", "CCCCTATC")])
