# expected = {q4 = 0}
# why = "starts from best = 0, so trials with a negative val_r cannot win; the contract: the highest, only missing, None and NaN cannot"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None and t["history"][-1]["val_r"] > 0 and not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]))
