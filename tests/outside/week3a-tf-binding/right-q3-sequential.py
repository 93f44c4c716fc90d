# why = "nn.Sequential with a permuting layer and nn.Flatten; names of layers are free"
# %% q3_answer
# answer: q3_answer
class Permute(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


class StarterCNN(nn.Sequential):
    def __init__(self, num_filters=32, kernel_size=8):
        super().__init__(Permute(), nn.Conv1d(4, num_filters, kernel_size), nn.ReLU(), nn.Flatten(), nn.Linear(num_filters * (300 - kernel_size + 1), 300))


class SlidingCNN(nn.Sequential):
    def __init__(self, num_filters=32, kernel_size=11):
        conv1 = nn.Conv1d(4, num_filters, kernel_size, padding="same")
        conv2 = nn.Conv1d(num_filters, 1, kernel_size, padding="same")
        super().__init__(Permute(), conv1, nn.ReLU(), conv2, nn.Flatten())
