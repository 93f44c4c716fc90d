# expected = {q5 = 14.83}
# operator = "own: evidence"
# why = "ten runs of one configuration"
