# operator = "equivalent"
# without = ["run-01.jsonl", "run-02.jsonl", "run-03.jsonl", "run-04.jsonl", "run-05.jsonl", "run-06.jsonl", "run-07.jsonl", "run-08.jsonl", "run-09.jsonl", "run-10.jsonl"]
# why = "claim() asks W&B's runs, some of them resumed, by the released reader"

# %% q5_claim
# answer: q5_claim
def claim():
    best = select_best(read_wandb())
    return {knob: best["config"][knob] for knob in SPACE}, best["history"][-1]["val_r"]
