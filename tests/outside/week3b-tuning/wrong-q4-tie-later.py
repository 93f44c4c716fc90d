# expected = {q4 = 0}
# why = "still equal goes to the later in the list (>=); the contract: the earlier"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None and not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("no trial can win")
    return max(reversed(able), key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]))
