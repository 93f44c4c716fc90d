# expected = {q5 = 9}
# operator = "own: evidence"
# why = "no run was finished"
