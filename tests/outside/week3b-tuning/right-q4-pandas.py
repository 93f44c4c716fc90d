# why = "a table in pandas, sorted by two columns with a stable sort; the trial itself comes back by its row number"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    import pandas as pd

    last = [(t["history"][-1] if t["history"] else {}) for t in trials]
    table = pd.DataFrame({"r": [row.get("val_r") for row in last], "loss": [row.get("val_loss") for row in last]}, dtype=float)
    table = table.dropna(subset=["r"])
    if table.empty:
        raise ValueError("no trial can win")
    best = table.sort_values(["r", "loss"], ascending=[False, True], kind="stable").index[0]
    return trials[int(best)]
