# expected = {q8 = 4, q10 = 0}
# operator = "own: contract"
# why = "64 filters: as good, but not the network asked for"
