# operator = "WCI"
# expected = {q7 = 12}
# why = "starts with positive weights only"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)
        for p in self.parameters():
            p.data.abs_()

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x))).squeeze(1)
