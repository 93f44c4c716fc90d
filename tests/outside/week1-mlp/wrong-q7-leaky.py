# expected = {q7 = 0}
# why = "F.leaky_relu (slope 0.01 below zero) instead of ReLU(z) = max(0, z); hidden values differ by 1 percent of negative z."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(F.leaky_relu(self.fc1(x))).squeeze(1)
