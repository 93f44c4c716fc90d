# expected = {q4 = 13}
# operator = "own: in place"
# why = "deletes crashed trials from the caller's list"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    for t in list(trials):
        last = t["history"][-1] if t["history"] else {}
        if last.get("val_r") is None or math.isnan(last["val_r"]):
            trials.remove(t)
    return max(trials, key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]))
