# why = "the head in an nn.Sequential, layers made in another order"

# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super(DNA_Linear, self).__init__()
        self.weight = nn.Parameter(torch.randn(1, 4 * seq_len) * 0.1)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return F.linear(x.permute(0, 2, 1).reshape(len(x), -1), self.weight, self.bias).squeeze(-1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super(DNA_CNN, self).__init__()
        self.conv = nn.Conv1d(in_channels=4, out_channels=num_filters, kernel_size=kernel_size)
        self.rest = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(num_filters * (seq_len + 1 - kernel_size), 1), nn.Flatten(0))

    def forward(self, xb):
        return self.rest(self.conv(torch.einsum("blc->bcl", xb)))
