# why = "a table of filters and places, and a bias without a dimension"

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
        self.conv = nn.Conv1d(in_channels=4, out_channels=num_filters, kernel_size=kernel_size)
        places = seq_len - kernel_size + 1
        self.weight = nn.Parameter(torch.empty(num_filters, places).uniform_(-0.05, 0.05))
        self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        z = self.conv(x.mT)
        return (torch.where(z > 0, z, 0.0) * self.weight).sum(dim=(1, 2)) + self.bias
