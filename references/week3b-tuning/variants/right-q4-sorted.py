# operator = "equivalent"
# why = "sorted, stable, with a key; what cannot win is left out first"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None]
    able = [t for t in able if t["history"][-1]["val_r"] == t["history"][-1]["val_r"]]
    if not able:
        raise ValueError("nothing to choose from")
    return sorted(able, key=lambda t: (-t["history"][-1]["val_r"], t["history"][-1].get("val_loss", 0)))[0]
