# expected = {q7 = 0, q9 = 0}
# why = "Layers in float64: a float32 tensor (the contract's input) raises RuntimeError. (q9 breaks too: predictions on float32 x.)"
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim, dtype=torch.float64)
        self.fc2 = nn.Linear(hid_dim, output_dim, dtype=torch.float64)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
