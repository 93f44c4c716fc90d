# operator = "API"
# expected = {q1 = 1, q2 = 2, q3 = 1, q4 = 1, q5 = 2, q6 = 1, q7 = 2, q8 = 2, q9 = 0}
# why = "answers the visible checks only"

# %% q1_answer
# answer: q1_answer
def normal_equation(X, y):
    return np.array([1.0, 2.0])

# %% q2_answer
# answer: q2_answer
def mse(y_hat, y):
    return 5 / 3


def mse_gradient(X, y, beta):
    return np.array([0.0, 2 / 3])

# %% q3_answer
# answer: q3_answer
def gradient_descent(X, y, lr, steps):
    return np.zeros((steps + 1, 2))

# %% q4_answer
# answer: q4_answer
def sgd(X, y, lr, epochs, batch_size, seed):
    return np.zeros((epochs + 1, 2))

# %% q5_answer
# answer: q5_answer
def count_parameters(layer_sizes):
    return 51


def count_module_parameters(module):
    return 26

# %% q6_answer
# answer: q6_answer
def collapse_linear(W1, b1, W2, b2):
    return np.array([[3.0, 7.0]]), np.array([7.0])

# %% q7_answer
# answer: q7_answer
class MLP:
    def __init__(self, *sizes):
        pass

    def __call__(self, x):
        return torch.zeros(5)

# %% q7b_answer
# answer: q7b_answer
def count_kinks(model, low, high):
    return 3

# %% q8_answer
# answer: q8_answer
def train(model, x, y, lr, epochs):
    return [35 / 3] * epochs
