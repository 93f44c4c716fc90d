# expected = {q11 = 0}
# operator = "own: pattern"
# why = "every length has the same period: nobody has measured that"
