# operator = "equivalent"
# why = "predict.py is uploaded, and its cell is left empty"

# %% q7_answer
# answer: q7_answer
pass  # predict.py is handed in beside the notebook
