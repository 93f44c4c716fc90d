# expected = {q9 = 0}
# why = "The weights are the best line: r 0.92 on [-2, 2] where r >= 0.99 is asked."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
