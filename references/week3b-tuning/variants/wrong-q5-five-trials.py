# expected = {q5 = 22.17}
# operator = "own: evidence"
# without = ["run-01.jsonl", "run-02.jsonl", "run-04.jsonl", "run-05.jsonl", "run-09.jsonl"]
# why = "five configurations only"
