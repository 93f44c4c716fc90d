# expected = {q8 = 0}
# why = "One epoch only: r 0.64, below the best line; 'must beat every line'."
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.head = nn.Linear(4 * seq_len, 1)

    def forward(self, x):
        return self.head(x.flatten(1)).squeeze(1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.head = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        return self.head(torch.relu(self.conv(x.permute(0, 2, 1))).flatten(1)).squeeze(1)
