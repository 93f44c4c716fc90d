# operator = "Model"
# expected = {q7 = 11}
# why = "dropout of one per cent of the hidden neurons"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(F.dropout(F.relu(self.fc1(x)), 0.01, self.training)).squeeze(1)
