# operator = "HNE"
# expected = {q9 = 3}
# why = "a thousand epochs only"
