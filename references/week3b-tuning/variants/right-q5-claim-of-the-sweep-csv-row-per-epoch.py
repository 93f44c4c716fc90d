# operator = "equivalent"
# without = ["run-01.jsonl", "run-02.jsonl", "run-03.jsonl", "run-04.jsonl", "run-05.jsonl", "run-06.jsonl", "run-07.jsonl", "run-08.jsonl", "run-09.jsonl", "run-10.jsonl"]
# why = "claim() returns what the sweep's cell found, which the grader does not run, and the logs are of one's own making"

# %% q5_sweep
# answer: q5_sweep
weights = {}
for number, config in enumerate(sample_configs(SPACE, 10, seed=46100), 1):
    torch.manual_seed(number)
    log = RunLog(config, EPOCHS)
    model, history = run_trial(config, train, val, EPOCHS, log=log)
    log.finish()
    weights[log.run] = model.state_dict()
best = select_best(read_runs())
torch.save(weights[best["run"]], "model_weights.pt")

# %% q5_claim
# answer: q5_claim
def claim():
    return best["config"], best["history"][-1]["val_r"]
