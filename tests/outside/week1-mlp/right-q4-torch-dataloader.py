# why = "DataLoader with its own seeded generator, shuffle=True, last batch kept; float64 tensors."
# %% q4_answer
# answer: q4_answer
from torch.utils.data import DataLoader, TensorDataset


def sgd(X, y, lr, epochs, batch_size, seed):
    g = torch.Generator().manual_seed(seed)
    loader = DataLoader(TensorDataset(torch.tensor(X), torch.tensor(y)), batch_size=batch_size, shuffle=True, generator=g)
    beta = torch.zeros(X.shape[1], dtype=torch.float64)
    rows = [beta.numpy().copy()]
    for _ in range(epochs):
        for xb, yb in loader:
            beta = beta - lr * xb.T @ (xb @ beta - yb) / xb.shape[0]
        rows.append(beta.numpy().copy())
    return np.array(rows)
