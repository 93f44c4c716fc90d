# operator = "Model"
# expected = {q7 = 11}
# why = "multiplies by weight.data: the output layer never learns"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return F.linear(F.relu(self.fc1(x)), self.fc2.weight.data, self.fc2.bias).squeeze(1)
