# expected = {q4 = 0}
# why = "row[val_r] raises KeyError where the key is missing; the contract: a trial whose last val_r is missing cannot win"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1]["val_r"] is not None and not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]))
