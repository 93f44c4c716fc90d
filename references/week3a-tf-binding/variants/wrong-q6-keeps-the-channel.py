# expected = {q6 = 0, q7 = 3, q8 = 3, q10 = 0}
# operator = "Tensors & Input"
# why = "(n, 1, 300) is returned"

# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """The model that is handed in; (n, 300, 4) → (n, 300)."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(4, 32, 15, padding=7)
        self.last = nn.Conv1d(32, 1, 11, padding=5)

    def forward(self, x):
        return self.last(F.relu(self.first(x.permute(0, 2, 1))))
