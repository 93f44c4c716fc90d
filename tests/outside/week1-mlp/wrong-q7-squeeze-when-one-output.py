# expected = {q7 = 0}
# why = "squeeze() without a dimension, but only if output_dim is 1: one row in gives shape () instead of (1,)."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        out = self.fc2(torch.relu(self.fc1(x)))
        return out.squeeze() if self.fc2.out_features == 1 else out
