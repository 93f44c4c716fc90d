# expected = {q10 = 2}
# operator = "own: own network"
# why = "the site is moved, the places that are looked at are not"

# %% q10_answer
# answer: q10_answer
_own = trained_model().cpu()
with torch.no_grad():
    site_moved = [float(_own(site_at(place))[0, 140:150].mean()) for place in (140, 150)]
key_letter = (3, 3.167)
