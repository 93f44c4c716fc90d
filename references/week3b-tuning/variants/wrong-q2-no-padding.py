# expected = {q2 = 0, q3 = 19, q5 = 17}
# operator = "Model"
# why = "no padding: fewer scores than letters"

# %% q2_answer
# answer: q2_answer
def build_model(config):
    """Return a new network for a configuration: (batch, 300, 4) → (batch, 300)."""
    return BindingCNN(config["num_filters"], config["kernel_size"], config["add_sigmoid"])


class BindingCNN(nn.Module):
    """Filters → ReLU → 16 mixtures → ReLU → one wide filter."""

    def __init__(self, num_filters, kernel_size, add_sigmoid):
        super().__init__()
        self.pad = nn.ConstantPad1d((kernel_size // 2, kernel_size - 1 - kernel_size // 2), 0.0)
        self.filters = nn.Conv1d(4, num_filters, kernel_size)
        self.mix = nn.Conv1d(num_filters, 16, 1)
        self.spread = nn.Conv1d(16, 1, 15, padding=7)
        self.add_sigmoid = add_sigmoid

    def forward(self, x):
        found = F.relu(self.filters(x.permute(0, 2, 1)))  # (batch, filters, places)
        y = self.spread(F.relu(self.mix(found))).squeeze(1)
        return torch.sigmoid(y) if self.add_sigmoid else y
