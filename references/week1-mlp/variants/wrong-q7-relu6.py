# operator = "ACH"
# expected = {q7 = 11}
# why = "ReLU6, which is cut off at 6"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    """Linear → ReLU → Linear; one output comes without its dimension."""

    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(F.relu6(self.fc1(x))).squeeze(1)
