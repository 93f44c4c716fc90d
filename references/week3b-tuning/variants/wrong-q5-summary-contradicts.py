# expected = {q5 = 19}
# operator = "own: evidence"
# why = "all summaries are better than the histories"
