# operator = "TRD"
# expected = {q9 = 1}
# why = "right for |x| < 1 only, constant beyond"
