# operator = "API"
# expected = {q2 = 3}
# why = "mse_gradient is called otherwise, and a name that is missing costs part 2 only"

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return np.mean((y_hat - y) ** 2)
