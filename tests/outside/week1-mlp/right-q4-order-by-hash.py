# why = "The order of an epoch is that of SHA-256 sums of seed, epoch and row: a random order that the seed fixes; 'Free: which random generator you use'."
# %% q4_answer
# answer: q4_answer
import hashlib


def sgd(X, y, lr, epochs, batch_size, seed):
    walk = [np.zeros(X.shape[1])]
    for epoch in range(epochs):
        rows = sorted(range(len(y)), key=lambda row: hashlib.sha256(f"{seed}/{epoch}/{row}".encode()).digest())
        beta = walk[-1].copy()
        for start in range(0, len(rows), batch_size):
            step = np.zeros_like(beta)
            batch = rows[start : start + batch_size]
            for row in batch:
                step += X[row] * (X[row] @ beta - y[row])
            beta -= lr * step / len(batch)
        walk.append(beta)
    return np.array(walk)
