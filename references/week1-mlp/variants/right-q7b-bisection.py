# operator = "equivalent"
# why = "recursive: an interval that is not straight is halved"

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    def f(v):
        with torch.no_grad():
            return model(torch.tensor(v, dtype=torch.float32)[:, None]).numpy().astype(float)
    edges = np.linspace(low, high, 401)
    points = np.stack([edges[:-1], edges[:-1] + (high - low) / 1600, (edges[:-1] + edges[1:]) / 2, edges[1:] - (high - low) / 1600, edges[1:]])
    v = f(points.ravel()).reshape(5, -1)
    left, right = (v[1] - v[0]), (v[4] - v[3])
    h = (high - low) / 1600
    inside = np.abs(left - right) / h > 0.1
    between = np.abs(left[1:] - right[:-1]) / h > 0.1
    between &= ~inside[1:] & ~inside[:-1]
    return int(inside.sum() + between.sum())
