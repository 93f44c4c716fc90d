# why = "torch.linalg.lstsq in float64 gives the same least squares solution; returned as an array of shape (p,)."
# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    solution = torch.linalg.lstsq(torch.tensor(X), torch.tensor(y).unsqueeze(1), driver="gelsd").solution
    return solution[:, 0].numpy()
