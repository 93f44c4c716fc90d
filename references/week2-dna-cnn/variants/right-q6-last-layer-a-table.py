# why = "the last layer is a convolution over all places"

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
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.last = nn.Conv1d(num_filters, 1, seq_len - kernel_size + 1)
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.last(self.relu(self.conv(torch.einsum("nlc->ncl", x)))).view(len(x))
