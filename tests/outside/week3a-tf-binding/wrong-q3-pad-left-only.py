# expected = {q3 = 0}
# why = "all zeros are padded on the left; the contract: zeros padded alike on both sides (output i would see letters i-10..i only)"
# %% q3_answer
# answer: q3_answer
class StarterCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.fc = nn.Linear(num_filters * (301 - kernel_size), 300)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x.permute(0, 2, 1))).flatten(1))


class SlidingCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=11):
        super().__init__()
        self.pad = (kernel_size - 1, 0)
        self.a = nn.Conv1d(4, num_filters, kernel_size)
        self.b = nn.Conv1d(num_filters, 1, kernel_size)

    def forward(self, x):
        return self.b(F.pad(F.relu(self.a(F.pad(x.permute(0, 2, 1), self.pad))), self.pad))[:, 0]
