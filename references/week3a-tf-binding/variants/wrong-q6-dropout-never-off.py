# expected = {q6 = 14, q7 = 3, q10 = 2}  # an answer about a model that draws may meet the draw
# at_most = true
# operator = "Model"
# why = "dropout is on in evaluation mode, too: each call predicts something else"

# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """The model that is handed in; (n, 300, 4) → (n, 300)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 32, 15, padding=7)
        self.last = nn.Conv1d(32, 1, 11, padding=5)

    def forward(self, x):
        return self.last(F.dropout(F.relu(self.first(x.permute(0, 2, 1))), 0.02))[:, 0]
