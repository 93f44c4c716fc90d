# expected = {q5 = 23.5}
# operator = "own: evidence"
# why = "a val_r above 1 in one history"
