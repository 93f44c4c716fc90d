# expected = {q6 = 3, q8 = 3, q10 = 0}
# operator = "HLR"
# why = "weights that diverged to NaN"
