# operator = "equivalent"
# why = "nn.Sequential, padding='same', places side by side first, other names"

# %% q3_answer
# answer: q3_answer
class Swap(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


class StarterCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__()
        self.layers = nn.Sequential(Swap(), nn.Conv1d(4, num_filters, kernel_size), nn.ReLU(), Swap(), nn.Flatten())
        self.head = nn.Linear((301 - kernel_size) * num_filters, 300)

    def forward(self, x):
        return self.head(self.layers(x))


class SlidingCNN(nn.Module):
    def __init__(self, num_filters=32, kernel_size=11):
        super().__init__()
        self.seq = nn.Sequential(
            Swap(),
            nn.Conv1d(4, num_filters, kernel_size, padding="same"),
            nn.ReLU(),
            nn.Conv1d(num_filters, 1, kernel_size, padding="same"),
            nn.Flatten(1),
        )

    def forward(self, x):
        return self.seq(x)
