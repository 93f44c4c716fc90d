# expected = {q6 = 3, q8 = 4, q10 = 0}
# operator = "own: pooling"
# why = "a maximum over the places: better, but another network than asked"

# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    """One weight per letter and place; (batch, seq_len, 4) → (batch,)."""

    def __init__(self, seq_len):
        super().__init__()
        self.linear = nn.Linear(4 * seq_len, 1)

    def forward(self, x):
        return self.linear(x.flatten(1)).squeeze(1)


class DNA_CNN(nn.Module):
    """Convolution → ReLU → linear; (batch, seq_len, 4) → (batch,)."""

    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.linear = nn.Linear(num_filters, 1)

    def forward(self, x):
        activations = F.relu(self.conv(x.permute(0, 2, 1)))  # (batch, filters, places)
        return self.linear(activations.amax(2)).squeeze(1)
