# operator = "equivalent"
# why = "the same runs twice, as logs and as W&B files"
