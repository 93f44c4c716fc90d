# expected = {q7 = 0, q9 = 0}
# why = "Returns (batch, 1) when output_dim is 1; contract: 'leaves (batch,)' (q9 too: predictions of shape (m, 1) against (m,))."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))
