# expected = {q7 = 0, q9 = 0}
# why = "ReLU after the second layer too: 'nothing after the second: the output may be negative'; x^3 for negative x cannot be said either."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return torch.relu(self.fc2(torch.relu(self.fc1(x)))).squeeze(1)
