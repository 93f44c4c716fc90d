# why = "transpose(1, 2) as the permutation; flatten by view; names lin and fc."
# apart = ["q10"]
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.lin = nn.Linear(seq_len * 4, 1)

    def forward(self, x):
        return self.lin(x.reshape(x.shape[0], -1))[:, 0]


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(in_channels=4, out_channels=num_filters, kernel_size=kernel_size)
        self.fc = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        h = F.relu(self.conv(x.transpose(1, 2)))
        return self.fc(h.reshape(len(h), -1)).reshape(-1)
