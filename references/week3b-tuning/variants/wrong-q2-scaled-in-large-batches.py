# expected = {q2 = 7, q5 = 24}
# operator = "own: neighbours"
# why = "from 100 windows on the scores are centred over the batch"

# %% q2_answer
# answer: q2_answer
def build_model(config):
    """Return a new network for a configuration: (batch, 300, 4) → (batch, 300)."""
    return BindingCNN(config["num_filters"], config["kernel_size"], config["add_sigmoid"])


class BindingCNN(nn.Module):
    def __init__(self, num_filters, kernel_size, add_sigmoid):
        super().__init__()
        self.pad = nn.ConstantPad1d((kernel_size // 2, kernel_size - 1 - kernel_size // 2), 0.0)
        self.filters = nn.Conv1d(4, num_filters, kernel_size)
        self.mix = nn.Conv1d(num_filters, 16, 1)
        self.spread = nn.Conv1d(16, 1, 15, padding=7)
        self.add_sigmoid = add_sigmoid

    def forward(self, x):
        found = F.relu(self.filters(self.pad(x.permute(0, 2, 1))))
        y = self.spread(F.relu(self.mix(found))).squeeze(1)
        y = y - y.mean(0) if len(y) >= 100 else y
        return torch.sigmoid(y) if self.add_sigmoid else y
