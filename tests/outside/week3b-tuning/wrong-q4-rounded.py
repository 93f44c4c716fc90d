# expected = {q4 = 0}
# why = "val_r is rounded to three digits before comparing, so 0.50001 ties with 0.5; the contract: the highest val_r"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None and not math.isnan(round(t["history"][-1]["val_r"], 3))]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (round(t["history"][-1]["val_r"], 3), -t["history"][-1]["val_loss"]))
