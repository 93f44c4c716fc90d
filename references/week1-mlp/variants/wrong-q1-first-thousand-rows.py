# operator = "Tensors & Input"
# expected = {q1 = 4}
# why = "fits the first 1000 rows only"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    return np.linalg.lstsq(X[:1000], y[:1000], rcond=None)[0]
