# why = "Drops the A column of each place and adds an intercept: same predictions, full rank; solved with lstsq; cosine of centred vectors for r."
# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    if np.all(a == a[0]) or np.all(b == b[0]):
        return 0.0
    u, v = a - np.mean(a), b - np.mean(b)
    return np.dot(u / np.linalg.norm(u), v / np.linalg.norm(v))


def linear_ceiling(x_train, y_train, x_test):
    def table(x):
        return torch.cat([torch.ones(len(x), 1, dtype=torch.float64), torch.tensor(x[:, :, 1:]).flatten(1)], dim=1)

    w = torch.linalg.lstsq(table(x_train), torch.tensor(y_train).unsqueeze(1), driver="gelsd").solution
    return (table(x_test) @ w).squeeze(1).numpy()
