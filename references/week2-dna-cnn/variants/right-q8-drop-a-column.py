# why = "three columns per place and an intercept: then the normal equation works"

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    za, zb = a - np.mean(a), b - np.mean(b)
    below = np.linalg.norm(za) * np.linalg.norm(zb)
    return np.dot(za, zb) / below if below else 0.0


def linear_ceiling(x_train, y_train, x_test):
    X, X_new = (np.hstack([x[:, :, :3].reshape(len(x), -1), np.ones((len(x), 1))]) for x in (x_train, x_test))
    return X_new @ np.linalg.solve(X.T @ X, X.T @ y_train)
