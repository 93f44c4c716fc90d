# expected = {q1 = 0, q2 = 0, q3 = 0, q4 = 0, q5 = 0, q6 = 0, q7 = 0, q8 = 0, q9 = 0, q10 = 0}
# operator = "own: garbage"
# why = "zeros of the right shapes"

# %% q1_answer
# answer: q1_answer
def one_hot_encode(seq):
    return np.zeros((len(seq), 4), dtype=np.float32)

# %% q2_answer
# answer: q2_answer
def score_seqs(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.zeros(len(seqs))


def score_seqs_by_position(seqs, letters=LETTERS, motifs=MOTIFS):
    return np.zeros(len(seqs))

# %% q3_answer
# answer: q3_answer
def conv_output_length(length, kernel, stride=1, padding=0, dilation=1):
    return 0


def conv1d_by_hand(signal, filt):
    return np.zeros(len(signal) - len(filt) + 1)

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    return np.zeros(len(one_hot) - len(pwm) + 1)

# %% q5_answer
# answer: q5_answer
def make_loaders(seqs, scores, split, batch_size):
    return [], [], []

# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()

    def forward(self, x):
        return x.new_zeros(len(x))


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()

    def forward(self, x):
        return x.new_zeros(len(x))

# %% q7_answer
# answer: q7_answer
def train_model(model, train_dl, val_dl, lr, epochs):
    return [0.0] * epochs, [0.0] * epochs

# %% q8_answer
# answer: q8_answer
def pearson_r(a, b):
    return 0.0


def linear_ceiling(x_train, y_train, x_test):
    return np.zeros(len(x_test))

# %% q9_answer
# answer: q9_answer
def filter_motifs(model, seqs, threshold):
    return np.zeros((model.conv.weight.shape[0], 4, model.conv.weight.shape[2]))
