# expected = {q4 = 13}
# operator = "own: ties"
# why = "compares val_r after rounding to 4 decimals"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    """Return the trial with the highest last val_r; ties go to the lower val_loss, then to the earlier trial."""
    best, best_rank = None, None
    for trial in trials:
        last = trial["history"][-1] if trial["history"] else {}
        r, loss = last.get("val_r"), last.get("val_loss")
        if r is None or math.isnan(r):
            continue
        rank = (round(r, 4), -math.inf if loss is None or math.isnan(loss) else -loss)
        if best is None or rank > best_rank:
            best, best_rank = trial, rank
    if best is None:
        raise ValueError("no trial has a validation r")
    return best
