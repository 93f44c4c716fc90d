# why = "all products first, then sums along diagonals, as a list"

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    products = one_hot @ pwm.T
    n, w = products.shape
    return [sum(products[i + j, j] for j in range(w)) for i in range(n - w + 1)]
