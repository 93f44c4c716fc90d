# operator = "equivalent"
# why = "columns scaled in a new array, then a least-squares routine"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    size = np.linalg.norm(X, axis=0)
    return np.linalg.lstsq(X / size, y, rcond=None)[0] / size
