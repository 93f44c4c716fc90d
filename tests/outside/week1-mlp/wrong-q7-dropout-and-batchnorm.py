# expected = {q7 = 0, q9 = 0}
# why = "Adds a BatchNorm1d between the layers: 'and no others' (parameters); a one-row batch in training mode even raises."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.norm = nn.BatchNorm1d(hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(torch.relu(self.norm(self.fc1(x)))).squeeze(1)
