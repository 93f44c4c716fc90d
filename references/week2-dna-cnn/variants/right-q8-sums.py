# why = "the formula with sums of products, in float64; the pseudo-inverse"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    n = len(a)
    if a.max() == a.min() or b.max() == b.min():
        return 0
    above = np.mean(a * b) - np.mean(a) * np.mean(b)
    return above / np.sqrt((np.mean(a * a) - np.mean(a) ** 2) * (np.mean(b * b) - np.mean(b) ** 2))


def linear_ceiling(x_train, y_train, x_test):
    flat = torch.tensor(x_train).flatten(1)
    mean = y_train.mean()
    beta = torch.linalg.pinv(flat) @ torch.tensor(y_train - mean)
    return torch.tensor(x_test).flatten(1) @ beta + mean
