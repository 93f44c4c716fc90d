# operator = "equivalent"
# why = "float32 throughout, stacked tensors out"

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    walk = [torch.zeros(X.shape[1])]
    for _ in range(steps):
        walk.append(walk[-1] - lr * X.T @ (X @ walk[-1] - y) / len(y))
    return torch.stack(walk)
