# expected = {q3 = 0}
# why = "nn.LazyLinear; the contract: layers state their sizes (nn.LazyLinear and the like have no weights before their first call)"
# %% q3_answer
# answer: q3_answer
class StarterCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.fc = nn.LazyLinear(300)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x.permute(0, 2, 1))).flatten(1))


class SlidingCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=11):
        super().__init__()
        self.a = nn.Conv1d(4, num_filters, kernel_size, padding=kernel_size // 2)
        self.b = nn.Conv1d(num_filters, 1, kernel_size, padding=kernel_size // 2)

    def forward(self, x):
        return self.b(F.relu(self.a(x.permute(0, 2, 1))))[:, 0]
