# expected = {q6 = 0, q8 = 0}
# why = "View instead of permute in forward and weights honestly trained with it: trains 'without complaint, on scrambled DNA', r 0.68 < 0.973; also breaks part 6."
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.fc = nn.Linear(4 * seq_len, 1)

    def forward(self, x):
        return self.fc(x.flatten(1)).squeeze(1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.fc = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        h = self.conv(x.reshape(len(x), 4, -1)).relu()
        return self.fc(h.flatten(1)).squeeze(1)
