# expected = {q5 = 19}
# operator = "own: evidence"
# why = "no configuration says how many epochs"
