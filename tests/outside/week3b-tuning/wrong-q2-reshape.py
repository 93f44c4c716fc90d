# expected = {q2 = 0}
# why = "x.reshape(-1, 4, 300) scrambles letters and places; the contract: columns A, C, G, T of shape (batch, 300, 4) are the four channels"
# %% q2_answer
# answer: q2_answer
class _Net(nn.Module):
    def __init__(self, filters, width, sigmoid):
        super().__init__()
        self.conv1 = nn.Conv1d(4, filters, width)
        self.pad = ((width - 1) // 2, width // 2)
        self.mix = nn.Conv1d(filters, 16, 1)
        self.out = nn.Conv1d(16, 1, 15, padding=7)
        self.sigmoid = sigmoid

    def forward(self, x):
        h = F.relu(self.conv1(F.pad(x.reshape(-1, 4, 300), self.pad)))
        h = self.out(F.relu(self.mix(h)))[:, 0]
        return torch.sigmoid(h) if self.sigmoid else h


def build_model(config):
    """Return a new network for a configuration: (batch, 300, 4) → (batch, 300)."""
    return _Net(config["num_filters"], config["kernel_size"], config["add_sigmoid"])
