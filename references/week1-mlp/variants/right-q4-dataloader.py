# operator = "equivalent"
# why = "torch DataLoader with a seeded generator"

# %% q4_answer
# answer: q4_answer
from torch.utils.data import DataLoader, TensorDataset


def sgd(X, y, lr, epochs, batch_size, seed):
    data = TensorDataset(torch.tensor(X), torch.tensor(y))
    loader = DataLoader(data, batch_size=batch_size, shuffle=True, generator=torch.Generator().manual_seed(seed))
    beta = torch.zeros(X.shape[1], dtype=torch.float64)
    walk = [beta.clone()]
    for _ in range(epochs):
        for xb, yb in loader:
            beta -= lr * xb.T @ (xb @ beta - yb) / len(yb)
        walk.append(beta.clone())
    return torch.stack(walk)
