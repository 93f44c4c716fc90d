# operator = "equivalent"
# why = "a checkpoint dictionary around the state, in double precision"
