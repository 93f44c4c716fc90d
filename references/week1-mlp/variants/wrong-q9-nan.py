# operator = "Training"
# expected = {q9 = 0}
# why = "one weight is NaN"
