# expected = {q5 = 9}
# operator = "own: evidence"
# without = ["run-01.jsonl", "run-02.jsonl", "run-03.jsonl", "run-04.jsonl", "run-05.jsonl", "run-06.jsonl", "run-07.jsonl", "run-08.jsonl", "run-09.jsonl", "run-10.jsonl"]
# why = "TensorBoard's files only"
