# operator = "HNE"
# expected = {q9 = 1}
# why = "a hundred epochs only"
