# expected = {q4 = 9}
# operator = "own: robustness"
# why = "a crashed trial without rows stops the selection"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if not math.isnan(t["history"][-1].get("val_r") or math.nan)]
    if not able:
        raise ValueError("none")
    return max(able, key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]))
