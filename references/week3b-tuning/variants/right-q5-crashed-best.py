# operator = "equivalent"
# why = "a run that crashed had the highest val_r so far; the winner is the best that finished"
