# operator = "equivalent"
# why = "one trial diverged: NaN in its losses, 0 as its r; a test score is logged beside"
