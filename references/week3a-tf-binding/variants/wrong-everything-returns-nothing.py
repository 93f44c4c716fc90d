# expected = {q1 = 0, q2 = 0, q3 = 0, q4 = 0, q5 = 0, q6 = 0, q7 = 0, q8 = 0, q9 = 0, q10 = 0}
# operator = "Model"
# why = "every function returns None"
# without = ["model_weights.pt"]

# %% q1_answer
# answer: q1_answer
def load_windows(sequences, scores):
    return None

# %% q2_answer
# answer: q2_answer
def split_by_block(names, val_share, block_bp, seed):
    return None

# %% q3_answer
# answer: q3_answer
class StarterCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__()

    def forward(self, x):
        return None


class SlidingCNN(StarterCNN):
    pass

# %% q4_answer
# answer: q4_answer
def fit(model, train, val, optimizer, batch_size, epochs):
    return None

# %% q5_answer
# answer: q5_answer
def mean_pearson(predicted, observed):
    return None

# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    def forward(self, x):
        return None

# %% q7_answer
# answer: q7_answer
pass

# %% q8_answer
# answer: q8_answer
def bootstrap_interval(values, resamples, seed):
    return None

# %% q9_answer
# answer: q9_answer
def match_filter(filt, motif, min_overlap):
    return None
