# expected = {q4 = 10}
# operator = "own: NaN"
# why = "a diverged trial counts 0, and beats negative ones"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None]
    if not able:
        raise ValueError("none")
    return max(able, key=lambda t: (np.nan_to_num(t["history"][-1]["val_r"]), -t["history"][-1]["val_loss"]))
