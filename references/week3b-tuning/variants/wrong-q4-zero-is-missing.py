# expected = {q4 = 11}
# operator = "own: NaN"
# why = "a last val_r of 0 is taken for a missing one"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    """Return the trial with the highest last val_r; ties go to the lower val_loss, then to the earlier trial."""
    best, best_rank = None, None
    for trial in trials:
        last = trial["history"][-1] if trial["history"] else {}
        r, loss = last.get("val_r"), last.get("val_loss")
        if not r or math.isnan(r):
            continue
        rank = (r, -math.inf if loss is None or math.isnan(loss) else -loss)
        if best is None or rank > best_rank:
            best, best_rank = trial, rank
    if best is None:
        raise ValueError("no trial has a validation r")
    return best
