# expected = {q4 = 1}
# operator = "own: direction"
# why = "minimises what must be maximised"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None]
    able = [t for t in able if not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("none")
    return min(able, key=lambda t: (t["history"][-1]["val_r"], t["history"][-1].get("val_loss", 9)))
