# expected = {q6 = 3, q8 = 3}
# operator = "HLR"
# why = "weights that diverged to NaN"
