# operator = "equivalent"
# without = ["run-01.jsonl", "run-02.jsonl", "run-03.jsonl", "run-04.jsonl", "run-05.jsonl", "run-06.jsonl", "run-07.jsonl", "run-08.jsonl", "run-09.jsonl", "run-10.jsonl"]
# why = "W&B's CSV exports: the table of runs and the charts of val_r and val_loss"
