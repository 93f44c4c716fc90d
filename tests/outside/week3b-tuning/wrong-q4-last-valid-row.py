# expected = {q4 = 0}
# why = "goes back to the last row with a val_r when the last one is NaN; the contract: a trial whose last val_r is missing, None or NaN cannot win"
# %% q4_answer
# answer: q4_answer
def select_best(trials):
    def final(t):
        good = [row for row in t["history"] if row.get("val_r") is not None and not math.isnan(row["val_r"])]
        return good[-1] if good else None

    able = [t for t in trials if final(t)]
    if not able:
        raise ValueError("no trial can win")
    return max(able, key=lambda t: (final(t)["val_r"], -final(t)["val_loss"]))
