# expected = {q5 = 14.83}
# operator = "own: evidence"
# why = "one run copied under ten configurations"
