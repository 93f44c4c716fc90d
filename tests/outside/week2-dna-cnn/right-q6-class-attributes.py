# why = "A subclass of nn.Sequential for the line, sum over the one column instead of squeeze; channels stacked one by one."
# apart = ["q10"]
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Sequential):
    def __init__(self, seq_len):
        super().__init__(nn.Flatten(), nn.Linear(4 * seq_len, 1))

    def forward(self, x):
        return super().forward(x).sum(dim=1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.fc = nn.Linear(num_filters * (1 + seq_len - kernel_size), 1)

    def forward(self, x):
        channels_first = torch.stack([x[:, :, c] for c in range(4)], dim=1)
        active = F.relu(self.conv(channels_first)).flatten(1)
        return (active @ self.fc.weight.T + self.fc.bias).sum(dim=1)
