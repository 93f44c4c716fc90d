# operator = "Value"
# expected = {q4 = 13}
# why = "a tie is decided by the lowest val_loss of any epoch"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None and not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (t["history"][-1]["val_r"], -min(row["val_loss"] for row in t["history"])))
