# operator = "equivalent"
# without = ["run-01.jsonl", "run-02.jsonl", "run-03.jsonl", "run-04.jsonl", "run-05.jsonl", "run-06.jsonl", "run-07.jsonl", "run-08.jsonl", "run-09.jsonl", "run-10.jsonl"]
# why = "W&B's define_metric: the summaries hold the highest val_r and the lowest val_loss"
