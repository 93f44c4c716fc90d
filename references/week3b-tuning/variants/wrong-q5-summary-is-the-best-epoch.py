# expected = {q5 = 21}
# operator = "own: evidence"
# why = "the summaries hold the best epoch, not the last"
