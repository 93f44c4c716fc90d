# why = "transposes back before flattening, other names, weights to match"

# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(seq_len * 4, 1))

    def forward(self, x):
        return self.layers(x)[:, 0]


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size=kernel_size)
        self.head = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        h = torch.clamp(self.conv(x.transpose(1, 2)), min=0).transpose(1, 2)
        return self.head(h.reshape(h.shape[0], -1)).view(-1)
