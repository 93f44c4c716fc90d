# expected = {q8 = 4}
# operator = "HLR"
# why = "NaN everywhere"
