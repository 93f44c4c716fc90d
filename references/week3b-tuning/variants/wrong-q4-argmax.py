# expected = {q4 = 10}
# operator = "own: NaN"
# why = "np.argmax takes the first NaN"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    r = [t["history"][-1].get("val_r") if t["history"] else None for t in trials]
    losses = [t["history"][-1].get("val_loss", 9) if t["history"] else 9 for t in trials]
    r = np.array([-9 if v is None else v for v in r], dtype=float)
    if len(r) == 0:
        raise ValueError("none")
    ties = np.flatnonzero(r == r[np.argmax(r)]) if not np.isnan(r).any() else [int(np.argmax(r))]
    return trials[min(ties, key=lambda i: losses[i])]
