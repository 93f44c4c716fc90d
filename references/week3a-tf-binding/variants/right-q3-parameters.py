# operator = "equivalent"
# why = "weights as parameters of its own, functional convolutions, explicit padding"

# %% q3_answer
# answer: q3_answer
class StarterCNN(nn.Module):
    """Convolution → ReLU → one linear layer for everything; (n, 300, 4) → (n, 300)."""

    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.linear = nn.Linear(num_filters * (300 - kernel_size + 1), 300)

    def forward(self, x):
        return self.linear(F.relu(self.conv(x.permute(0, 2, 1))).flatten(1))


class SlidingCNN(nn.Module):
    """Convolution → ReLU → convolution, the length kept; (n, L, 4) → (n, L)."""

    def __init__(self, num_filters=32, kernel_size=11):
        super().__init__()
        self.half = kernel_size // 2
        self.w1 = nn.Parameter(0.1 * torch.randn(num_filters, 4, kernel_size))
        self.b1 = nn.Parameter(torch.zeros(num_filters))
        self.w2 = nn.Parameter(0.1 * torch.randn(1, num_filters, kernel_size))
        self.b2 = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        h = F.pad(torch.einsum("nlc->ncl", x), (self.half, self.half))
        h = F.conv1d(h, self.w1, self.b1).clamp(min=0)
        return F.conv1d(F.pad(h, (self.half, self.half)), self.w2, self.b2).reshape(x.shape[0], x.shape[1])
