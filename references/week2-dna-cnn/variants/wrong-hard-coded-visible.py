# expected = {q1 = 1, q2 = 1, q3 = 2, q4 = 1, q5 = 1, q6 = 0, q7 = 2, q8 = 1, q9 = 1, q10 = 0}
# operator = "own: hard-coded"
# why = "answers the visible checks only"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    return np.eye(4, dtype=np.float32)[[2, 0, 3, 1]]

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return [20.0, 25.5, 4.75, 14.75]


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return [20.0, 25.5, 4.75, 14.75]

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    return 8 if padding else 6


def conv1d_by_hand(signal, filt):
    return [21.0, 32.0, 43.0]

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    return [0.0, 3.0, 0.0]

# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    pairs = [(torch.zeros(2, 3, 4), torch.tensor([0.0, 2.0])), (torch.zeros(1, 3, 4), torch.tensor([4.0]))]
    return pairs, pairs, pairs

# %% q6_answer
# answer: q6_answer
class DNA_Linear:
    def __init__(self, *sizes):
        pass

    def __call__(self, x):
        return torch.zeros(5)


DNA_CNN = DNA_Linear

# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    return [10.0625 / 3] * epochs, [2.125**2] * epochs

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    return -0.5


def linear_ceiling(x_train, y_train, x_test):
    return y_train[: len(x_test)]

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    return [[[2, 0], [0, 0], [0, 0], [0, 2]]]
