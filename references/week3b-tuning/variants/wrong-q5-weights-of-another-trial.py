# expected = {q5 = 19}
# operator = "own: evidence"
# why = "weights of another trial of the same shapes, that reaches another r"
