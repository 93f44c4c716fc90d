# expected = {q1 = 0}
# why = "lstsq with rcond=2e-8: fine up to cond(X) 5e7, but at 9e7 ('up to 10^8') the smallest direction is thrown away."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    return np.linalg.lstsq(X, y, rcond=2e-8)[0]
