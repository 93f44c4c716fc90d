# operator = "API"
# expected = {q1 = 0, q2 = 0, q3 = 0, q4 = 0, q5 = 0, q6 = 0}
# why = "every function prints its result instead of returning it"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    print(np.linalg.lstsq(X, y, rcond=None)[0])

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    print(np.mean((y_hat - y) ** 2))


def mse_gradient(X, y, beta):
    print(X.T @ (X @ beta - y) / len(y))

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    print('walk')

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    print('walk')

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    print(51)


def count_module_parameters(module):
    print(26)

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    print(W2 @ W1, W2 @ b1 + b2)
