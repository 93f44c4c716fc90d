# expected = {q6 = 3, q7 = 1, q8 = 3, q10 = 0}
# operator = "Model"
# why = "the class has two layers more than the weights"

# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """The model that is handed in; (n, 300, 4) → (n, 300)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 32, 15, padding=7)
        self.extra = nn.Conv1d(32, 32, 1)
        self.last = nn.Conv1d(32, 1, 11, padding=5)

    def forward(self, x):
        return self.last(F.relu(self.first(x.permute(0, 2, 1))))[:, 0]
