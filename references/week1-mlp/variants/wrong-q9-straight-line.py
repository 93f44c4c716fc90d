# operator = "Training"
# expected = {q9 = 1}
# why = "weights that make the best straight line"
