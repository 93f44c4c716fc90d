# expected = {q3 = 0}
# why = "no ReLU between the convolutions of SlidingCNN; the contract: Conv1d → ReLU → Conv1d"
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
        self.a = nn.Conv1d(4, num_filters, kernel_size, padding=kernel_size // 2)
        self.b = nn.Conv1d(num_filters, 1, kernel_size, padding=kernel_size // 2)

    def forward(self, x):
        return self.b(self.a(x.permute(0, 2, 1)))[:, 0]
