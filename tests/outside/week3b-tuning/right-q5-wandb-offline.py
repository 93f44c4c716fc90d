# without = ["runs"]
# why = "the offline files of Weights & Biases, written by wandb 0.31 itself; we accept as equal"
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
        h = F.relu(self.conv1(F.pad(x.permute(0, 2, 1), self.pad)))
        h = self.out(F.relu(self.mix(h)))[:, 0]
        return torch.sigmoid(h) if self.sigmoid else h


def build_model(config):
    """Return a new network for a configuration: (batch, 300, 4) → (batch, 300)."""
    return _Net(config["num_filters"], config["kernel_size"], config["add_sigmoid"])
# %% q5_claim
# answer: q5_claim
def claim():
    """Return the winner as I wrote it down."""
    return {'num_filters': 32, 'kernel_size': 10, 'add_sigmoid': True, 'learning_rate': 0.05, 'batch_size': 64, 'optimizer': 'Adam'}, 0.7852
