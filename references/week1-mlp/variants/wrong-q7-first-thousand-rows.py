# operator = "Tensors & Input"
# expected = {q7 = 11}
# why = "rows beyond the thousandth get the output zero"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        y = self.fc2(F.relu(self.fc1(x)))
        return torch.cat([y[:1000], torch.zeros_like(y[1000:])]).squeeze(1)
