# operator = "equivalent"
# why = "Python's random.shuffle on row numbers"

# %% q4_answer
# answer: q4_answer
import random


def sgd(X, y, lr, epochs, batch_size, seed):
    deck = random.Random(seed)
    beta, walk, rows = np.zeros(X.shape[1]), [np.zeros(X.shape[1])], list(range(len(y)))
    for _ in range(epochs):
        deck.shuffle(rows)
        left = list(rows)
        while left:
            batch, left = left[:batch_size], left[batch_size:]
            beta = beta - lr * X[batch].T @ (X[batch] @ beta - y[batch]) / len(batch)
        walk.append(beta)
    return walk
