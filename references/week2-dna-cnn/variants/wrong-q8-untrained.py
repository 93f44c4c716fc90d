# expected = {q8 = 4}
# operator = "HNE"
# why = "weights as they were drawn"
