# expected = {q4 = 11}
# operator = "own: selection on test"
# why = "the highest test score wins, where one is logged"

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None]
    able = [t for t in able if not math.isnan(t["history"][-1]["val_r"])]
    if not able:
        raise ValueError("none")
    def rank(t):
        scores = [v for k, v in t["summary"].items() if k.startswith("test") or k.startswith("best")]
        return (scores or [0])[0], t["history"][-1]["val_r"], -t["history"][-1].get("val_loss", 9)

    return max(able, key=rank)
