# expected = {q6 = 7.6}
# operator = "own: pattern"
# at_most = true
# why = "the last year once more: the trend is missing"

# %% q6_answer
# answer: q6_answer
def forecast(series):
    return series[-12:]
