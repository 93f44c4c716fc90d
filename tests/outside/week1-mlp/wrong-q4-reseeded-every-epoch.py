# expected = {q4 = 0}
# why = "The generator is made anew from the same seed inside the epoch loop, so each epoch has the same order; 'in a fresh random order'."
# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    b = np.zeros(X.shape[1])
    out = [b.copy()]
    for epoch in range(epochs):
        torch.manual_seed(seed)
        for i in torch.randperm(len(y)).split(batch_size):
            i = i.numpy()
            b -= lr * mse_gradient(X[i], y[i], b)
        out.append(b.copy())
    return np.array(out)
