# expected = {q5 = 23.5}
# operator = "HNE"
# why = "one history is longer than its configuration says"
