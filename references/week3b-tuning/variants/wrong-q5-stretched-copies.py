# expected = {q5 = 14.83}
# operator = "own: evidence"
# why = "one real run under ten configurations, val_r moved and losses stretched"
