# operator = "equivalent"
# why = "max over what is finite, with a pair for a key"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    def rank(trial):
        row = trial["history"][-1]
        return row["val_r"], -row["val_loss"]

    def can_win(trial):
        value = trial["history"][-1].get("val_r") if len(trial["history"]) > 0 else None
        return isinstance(value, float) and math.isfinite(value)

    return max(filter(can_win, trials), key=rank)
