# expected = {q8 = 5}
# operator = "HNE"
# why = "stopped after four epochs"
