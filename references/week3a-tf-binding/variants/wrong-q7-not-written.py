# expected = {q7 = 0}
# operator = "API"
# why = "the cell is left as it was"

# %% q7_answer
%%writefile predict.py
# answer: q7_answer
raise NotImplementedError()
