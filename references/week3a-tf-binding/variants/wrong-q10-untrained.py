# expected = {q10 = 0}
# operator = "own: own network"
# why = "asks a network that was never trained"

# %% q10_answer
# answer: q10_answer
torch.manual_seed(46100)
_net = BindingModel().eval()
_x = torch.cat([site_at(140)] * 11 + [site_at(150)])
for _j in range(10):
    _x[_j, 140 + _j] = 0
with torch.no_grad():
    _y = _net(_x).numpy()
_signal = _y[:, 140:150].mean(axis=1)
site_moved = float(_signal[10]), float(_y[11, 150:160].mean())
key_letter = int(np.argmin(_signal[:10])), float(_signal[10] - _signal[:10].min())
