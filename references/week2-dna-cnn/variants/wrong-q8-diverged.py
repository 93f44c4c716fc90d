# expected = {q8 = 4, q10 = 0}
# operator = "HLR"
# why = "NaN everywhere"
