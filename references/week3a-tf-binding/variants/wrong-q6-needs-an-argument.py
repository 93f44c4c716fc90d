# expected = {q6 = 0, q7 = 1, q8 = 3, q10 = 0}
# operator = "API"
# why = "BindingModel cannot be built without arguments"

# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    """The model that is handed in; (n, 300, 4) → (n, 300)."""

    def __init__(self, num_filters):
        super().__init__()
        self.first = nn.Conv1d(4, num_filters, 15, padding=7)
        self.last = nn.Conv1d(num_filters, 1, 11, padding=5)

    def forward(self, x):
        return self.last(F.relu(self.first(x.permute(0, 2, 1))))[:, 0]
