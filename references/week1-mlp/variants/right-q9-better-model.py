# operator = "equivalent"
# why = "weights far better than the recipe's (output layer by least squares)"
