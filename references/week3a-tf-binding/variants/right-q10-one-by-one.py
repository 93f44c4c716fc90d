# why = "one window after the other, the network loaded by hand, an array, a tensor and NumPy's numbers"

# %% q10_answer
# answer: q10_answer
_net = BindingModel()
_net.load_state_dict(torch.load("model_weights.pt", map_location="cpu"))
_net.eval()


def _signal(window, place):
    return _net(window)[0].detach()[place : place + 10].mean()


site_moved = torch.stack([_signal(site_at(140), 140), _signal(site_at(150), 150)])
_falls = []
for _place in range(140, 150):
    _window = site_at(140)
    _window[0, _place, :] = 0.0
    _falls.append(float(site_moved[0] - _signal(_window, 140)))
key_letter = [np.argmax(_falls), np.max(_falls)]
