# expected = {q8 = 4}
# operator = "own: contract"
# why = "64 filters: as good, but not the network asked for"
