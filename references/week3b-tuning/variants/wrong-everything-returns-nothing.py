# expected = {q1 = 0, q2 = 0, q3 = 0, q4 = 0, q5 = 0}
# operator = "own: garbage"
# without = ["run-01.jsonl", "run-02.jsonl", "run-03.jsonl", "run-04.jsonl", "run-05.jsonl", "run-06.jsonl", "run-07.jsonl", "run-08.jsonl", "run-09.jsonl", "run-10.jsonl", "model_weights.pt"]
# why = "every function returns None"

# %% q1_answer
# answer: q1_answer
def sample_configs(space, n, seed):
    pass

# %% q2_answer
# answer: q2_answer
def build_model(config):
    pass

# %% q3_answer
# answer: q3_answer
def run_trial(config, train, val, epochs, model=None, log=None):
    pass

# %% q4_answer
# answer: q4_answer
def select_best(trials):
    pass

# %% q5_claim
# answer: q5_claim
def claim():
    pass
