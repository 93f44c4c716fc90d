# expected = {q7 = 0}
# why = "squeeze() without a dimension: a batch of one gives shape () instead of (1,), and (1, o) loses dimension 0; 'A batch of one is a batch'."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x))).squeeze()
