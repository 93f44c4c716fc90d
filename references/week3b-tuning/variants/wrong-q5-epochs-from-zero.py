# expected = {q5 = 19}
# operator = "API"
# why = "epochs numbered from 0 in all logs"
