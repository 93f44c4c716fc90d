# expected = {q5 = 17}
# operator = "HLR"
# why = "weights with NaN"
