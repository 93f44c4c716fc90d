# operator = "TCL"
# expected = {q9 = 1}
# why = "the sign of the output layer is wrong"
