# why = "a table (length, 4) that starts from zeros, and einsum"

# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(seq_len, 4))
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return torch.einsum("nlc,lc->n", x, self.table) + self.offset


class DNA_CNN(nn.Module):
    """Convolution → ReLU → linear; (batch, seq_len, 4) → (batch,)."""

    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.linear = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        activations = F.relu(self.conv(x.permute(0, 2, 1)))  # (batch, filters, places)
        return self.linear(activations.flatten(1)).squeeze(1)
