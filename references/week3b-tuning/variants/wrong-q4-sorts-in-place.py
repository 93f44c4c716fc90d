# expected = {q4 = 13}
# operator = "own: in place"
# why = "sorts the caller's list of trials"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    def rank(t):
        last = t["history"][-1] if t["history"] else {}
        r = last.get("val_r")
        return (math.inf, 0) if r is None or math.isnan(r) else (-r, last["val_loss"])
    trials.sort(key=rank)
    if not trials or rank(trials[0])[0] == math.inf:
        raise ValueError("nobody")
    return trials[0]
