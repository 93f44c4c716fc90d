# expected = {q3 = 8}
# operator = "Model"
# why = "the hidden layer is detached: the filters never learn"

# %% q3_answer
# answer: q3_answer
class StarterCNN(nn.Module):
    """Convolution → ReLU → one linear layer for everything; (n, 300, 4) → (n, 300)."""

    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.linear = nn.Linear(num_filters * (300 - kernel_size + 1), 300)

    def forward(self, x):
        return self.linear(F.relu(self.conv(x.permute(0, 2, 1))).flatten(1).detach())


class SlidingCNN(nn.Module):
    """Convolution → ReLU → convolution, the length kept; (n, L, 4) → (n, L)."""

    def __init__(self, num_filters=32, kernel_size=11):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size, padding=kernel_size // 2)
        self.out = nn.Conv1d(num_filters, 1, kernel_size, padding=kernel_size // 2)

    def forward(self, x):
        return self.out(F.relu(self.conv(x.permute(0, 2, 1)))).squeeze(1)
