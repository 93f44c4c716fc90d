# apart = ["q7"]
# without = ["model_weights.pt"]
# why = "both strands with shared weights and batch norm, weights as model_weights.safetensors (is fine, too); mean r 0.95"
# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """The larger of what both strands say."""

    def __init__(self):
        super().__init__()
        self.motif = nn.Conv1d(4, 24, 12, padding="same")
        self.norm = nn.BatchNorm1d(24)
        self.mix = nn.Conv1d(24, 24, 21, padding="same")
        self.out = nn.Conv1d(24, 1, 1)

    def one(self, x):
        return self.out(F.relu(self.mix(F.relu(self.norm(self.motif(x))))))[:, 0]

    def forward(self, x):
        x = x.permute(0, 2, 1)
        return torch.maximum(self.one(x), self.one(x.flip(1, 2)).flip(1))
