# operator = "equivalent"
# why = "functools.reduce over the candidates, and a deep copy of the winner"

# %% q4_answer
# answer: q4_answer
import copy
import functools


def select_best(trials):
    able = [t for t in trials if t["history"] and t["history"][-1].get("val_r") is not None]
    able = [t for t in able if t["history"][-1]["val_r"] == t["history"][-1]["val_r"]]
    if not able:
        raise ValueError("nobody can win")

    def better(one, two):
        a, b = one["history"][-1], two["history"][-1]
        if a["val_r"] != b["val_r"]:
            return one if a["val_r"] > b["val_r"] else two
        return two if b["val_loss"] < a["val_loss"] else one

    return copy.deepcopy(functools.reduce(better, able))
