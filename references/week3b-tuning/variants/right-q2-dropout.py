# operator = "equivalent"
# why = "dropout that is off in evaluation, layers in a ModuleDict"

# %% q2_answer
# answer: q2_answer
def build_model(config):
    """Return a new network for a configuration: (batch, 300, 4) → (batch, 300)."""
    return BindingCNN(config["num_filters"], config["kernel_size"], config["add_sigmoid"])


class BindingCNN(nn.Module):
    def __init__(self, num_filters, kernel_size, add_sigmoid):
        super().__init__()
        self.pad = nn.ConstantPad1d((kernel_size // 2, kernel_size - 1 - kernel_size // 2), 0.0)
        self.parts = nn.ModuleDict({
            "filters": nn.Conv1d(4, num_filters, kernel_size),
            "mix": nn.Conv1d(num_filters, 16, 1),
            "spread": nn.Conv1d(16, 1, 15, padding="same"),
        })
        self.drop = nn.Dropout(0.1)
        self.add_sigmoid = add_sigmoid

    def forward(self, x):
        found = F.relu(self.parts["filters"](self.pad(x.permute(0, 2, 1))))
        y = self.parts["spread"](self.drop(F.relu(self.parts["mix"](found)))).squeeze(1)
        return torch.sigmoid(y) if self.add_sigmoid else y
