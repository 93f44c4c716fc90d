# why = "random.Random(seed).shuffle of a list of indices, carried over from epoch to epoch; any generator is free."
# %% q4_answer
# answer: q4_answer
import random


def sgd(X, y, lr, epochs, batch_size, seed):
    deck, dealer = list(range(len(y))), random.Random(seed)
    out = np.zeros((epochs + 1, X.shape[1]))
    b = out[0].copy()
    for e in range(1, epochs + 1):
        dealer.shuffle(deck)
        rest = deck[:]
        while rest:
            batch, rest = rest[:batch_size], rest[batch_size:]
            b -= lr * mse_gradient(X[batch], y[batch], b)
        out[e] = b
    return out
