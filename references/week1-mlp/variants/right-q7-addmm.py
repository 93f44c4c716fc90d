# operator = "equivalent"
# why = "layers as tables turned by hand, ReLU as x times its sign"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        hidden = torch.addmm(self.fc1.bias, x, self.fc1.weight.t())
        out = self.fc2(hidden * (hidden > 0))
        return out[:, 0] if out.shape[1] == 1 else out
