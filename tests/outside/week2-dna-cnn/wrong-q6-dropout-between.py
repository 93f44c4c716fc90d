# expected = {q6 = 0}
# why = "Dropout in training mode between ReLU and linear layer: the contract lists conv, ReLU, side by side, linear; a fresh model gives random outputs."
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
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        return self.fc(self.drop(torch.relu(self.conv(x.permute(0, 2, 1))).flatten(1))).squeeze(1)
