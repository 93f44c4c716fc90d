# expected = {q4 = 0}
# why = "mean of the last three epochs; the contract: the last row of its history"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None and not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (np.nanmean([row["val_r"] for row in t["history"][-3:]]), -t["history"][-1]["val_loss"]))
