# operator = "Tensors & Input"
# expected = {q7 = 11}
# why = "scales the x that it was given in place"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        x *= 1.0001
        return self.fc2(F.relu(self.fc1(x / 1.0001))).squeeze(1)
