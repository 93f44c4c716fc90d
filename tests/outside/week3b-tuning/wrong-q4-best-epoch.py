# expected = {q4 = 0}
# why = "the highest val_r of any epoch; the contract: in the last row; a high value at some earlier epoch counts for nothing"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None and not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (max(row["val_r"] for row in t["history"] if row["val_r"] == row["val_r"]), -t["history"][-1]["val_loss"]))
