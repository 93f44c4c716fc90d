# expected = {q4 = 3}
# operator = "own: left changed"
# why = "the last row is popped off the history"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    best, best_rank = None, None
    for trial in trials:
        last = trial["history"].pop() if trial["history"] else {}
        r, loss = last.get("val_r"), last.get("val_loss")
        if r is None or math.isnan(r):
            continue
        rank = (r, -math.inf if loss is None or math.isnan(loss) else -loss)
        if best is None or rank > best_rank:
            best, best_rank = trial, rank
    if best is None:
        raise ValueError("no trial has a validation r")
    return best
