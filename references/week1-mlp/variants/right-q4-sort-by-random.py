# operator = "equivalent"
# why = "rows sorted by random numbers, batches popped off the end, the full ones first"

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    generator = np.random.RandomState(seed)
    beta = np.zeros(X.shape[1])
    walk = [beta]
    for _ in range(epochs):
        deck = list(np.argsort(generator.random_sample(len(y))))
        while deck:
            batch = [deck.pop() for _ in range(min(batch_size, len(deck)))]
            beta = beta - lr * mse_gradient(X[batch], y[batch], beta)
        walk.append(beta)
    return np.stack(walk)
