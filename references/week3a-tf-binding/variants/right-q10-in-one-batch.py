# why = "all windows in one batch, slices of arrays, NumPy's numbers and tensors"

# %% q10_answer
# answer: q10_answer
_net = BindingModel()
_net.load_state_dict(torch.load("model_weights.pt", map_location="cpu"))
_net.eval()
_x = torch.cat([site_at(140)] * 11 + [site_at(150)])
for _j in range(10):
    _x[_j, 140 + _j, :] = 0.0
with torch.no_grad():
    _y = _net(_x).numpy()
_signal = _y[:, 140:150].mean(axis=1)
site_moved = torch.tensor([_signal[10], _y[11, 150:160].mean()])
key_letter = [np.argmin(_signal[:10]), _signal[10] - _signal[:10].min()]
