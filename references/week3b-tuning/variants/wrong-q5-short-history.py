# expected = {q5 = 23.5}
# operator = "HNE"
# why = "one history is shorter than its configuration says"
