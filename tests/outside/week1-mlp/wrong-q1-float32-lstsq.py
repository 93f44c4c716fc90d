# expected = {q1 = 0}
# why = "torch default float32: with cond(X)=1e6..1e8 float32 has no correct digits; contract says float64 input and four digits."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    sol = torch.linalg.lstsq(torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).unsqueeze(1), driver="gelsd").solution
    return sol.squeeze(1).numpy()
