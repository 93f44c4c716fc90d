# expected = {q8 = 4}
# operator = "LE"
# why = "trained with filters that could not learn"
