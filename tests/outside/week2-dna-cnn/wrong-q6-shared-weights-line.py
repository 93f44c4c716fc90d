# expected = {q6 = 0}
# why = "DNA_Linear gives a letter the same weight at every place (Linear(4, 1), summed): contract 'one weight for each of the 4 seq_len inputs'."
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        return self.fc(x.sum(dim=1)).squeeze(1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.fc = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x.permute(0, 2, 1))).flatten(1)).squeeze(1)
