# operator = "equivalent"
# why = "two more runs that were interrupted, one of them in the middle of a line"
