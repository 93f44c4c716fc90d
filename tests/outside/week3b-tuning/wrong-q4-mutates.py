# expected = {q4 = 0}
# why = "writes the last val_r into each trial; the notebook: no function may change its arguments"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None and not math.isnan(t["history"][-1]["val_r"])]
    for t in able:
        t["score"] = t["history"][-1]["val_r"]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]))
