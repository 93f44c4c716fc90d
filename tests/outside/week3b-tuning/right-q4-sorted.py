# why = "filter, then sorted with a key (stable: the earlier in the list stays first)"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    def last(trial):
        return trial["history"][-1]

    def can_win(trial):
        if len(trial["history"]) == 0:
            return False
        r = last(trial).get("val_r", None)
        return r is not None and not np.isnan(r)

    able = [trial for trial in trials if can_win(trial)]
    if len(able) == 0:
        raise ValueError("no trial finished with a val_r")
    return sorted(able, key=lambda t: (-last(t)["val_r"], last(t)["val_loss"]))[0]
