# expected = {q10 = 2}
# operator = "own: own network"
# why = "the highest prediction instead of the mean of ten; the fall of the highest is that of the mean here, by chance"

# %% q10_answer
# answer: q10_answer
_own = trained_model().cpu()
_windows = [site_at(140) for _ in range(10)]
for _place, _window in enumerate(_windows):
    _window[0, 140 + _place] = 0
with torch.no_grad():
    site_moved = [float(_own(site_at(place))[0, place : place + 10].max()) for place in (140, 150)]
    _falls = [site_moved[0] - float(_own(window)[0, 140:150].max()) for window in _windows]
key_letter = _falls.index(max(_falls)), max(_falls)
