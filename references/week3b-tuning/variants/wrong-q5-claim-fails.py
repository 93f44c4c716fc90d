# expected = {q5 = 11}
# operator = "own: claim"
# why = "claim() raises an error that has nothing to do with the sweep's cell"

# %% q5_claim
# answer: q5_claim
def claim():
    winner = max(read_runs(), key=lambda run: run["history"][-1]["val_r"])
    config = {knob: winner["configuration"][knob] for knob in SPACE}
    return config, 0.9275
