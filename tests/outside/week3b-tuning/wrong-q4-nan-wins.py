# expected = {q4 = 0}
# why = "NaN is not sorted out: it compares false with everything and wins when it stands first; the contract: NaN cannot win"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]))
