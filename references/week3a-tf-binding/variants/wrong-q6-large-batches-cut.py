# expected = {q6 = 14}
# operator = "Model"
# why = "of more than 64 windows only 64 are predicted, the others are 0"

# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """The model that is handed in; (n, 300, 4) → (n, 300)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 32, 15, padding=7)
        self.last = nn.Conv1d(32, 1, 11, padding=5)

    def forward(self, x):
        tracks = self.last(F.relu(self.first(x[:64].permute(0, 2, 1))))[:, 0]
        return torch.cat([tracks, tracks.new_zeros(len(x) - len(tracks), x.shape[1])])
