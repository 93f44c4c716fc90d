# why = "SGD with batches of 64, 0.02 then 0.002, linear layer called linear; r 0.976."
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.linear = nn.Linear(4 * seq_len, 1)

    def forward(self, x):
        return self.linear(torch.flatten(x, 1)).squeeze(1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.linear = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        return self.linear(torch.flatten(torch.relu(self.conv(torch.permute(x, (0, 2, 1)))), 1)).squeeze(1)
