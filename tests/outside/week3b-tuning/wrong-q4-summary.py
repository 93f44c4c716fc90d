# expected = {q4 = 0}
# why = "reads val_r from the summary; the contract: the last row of its history (a crashed trial with a summary cannot win; a summary may hold another val_r)"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["summary"].get("val_r") is not None and not math.isnan(t["summary"]["val_r"])]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (t["summary"]["val_r"], -t["summary"]["val_loss"]))
