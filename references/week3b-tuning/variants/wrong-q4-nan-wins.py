# expected = {q4 = 10}
# operator = "own: NaN"
# why = "max without a thought for NaN"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    if not trials:
        raise ValueError("none")
    return max(
        (t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None),
        key=lambda t: (t["history"][-1]["val_r"], -t["history"][-1]["val_loss"]),
    )
