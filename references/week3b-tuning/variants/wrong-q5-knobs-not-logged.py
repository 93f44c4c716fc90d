# expected = {q5 = 9}
# operator = "own: evidence"
# why = "the logs do not say which optimizer ran"
