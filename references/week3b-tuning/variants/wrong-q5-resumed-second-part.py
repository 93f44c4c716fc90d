# expected = {q5 = 19}
# operator = "own: evidence"
# why = "each log holds the second half of a resumed run only"
