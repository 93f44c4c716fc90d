# operator = "Model"
# expected = {q2 = 20, q3 = 0}
# why = "25,610 parameters; and the handed-in weights are another network's"

# %% q2_answer
# answer: q2_answer
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 341)
        self.scores = nn.Linear(341, 10)

    def forward(self, x):
        return self.scores(F.relu(self.hidden(x)))
