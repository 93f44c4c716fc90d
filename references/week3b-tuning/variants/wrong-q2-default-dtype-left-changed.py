# expected = {q2 = 7}
# operator = "own: left changed"
# why = "weights are drawn in double precision, and so is everybody's from then on"

# %% q2_answer
# answer: q2_answer
def build_model(config):
    """Return a new network for a configuration: (batch, 300, 4) → (batch, 300)."""
    torch.set_default_dtype(torch.float64)
    return BindingCNN(config["num_filters"], config["kernel_size"], config["add_sigmoid"]).float()


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
        return torch.sigmoid(y) if self.add_sigmoid else y
