# why = "F.linear with the layers' parameters and clamp(min=0) as ReLU; [:, 0] when there is one output."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    """Linear → ReLU → Linear."""

    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        h = F.linear(x, self.fc1.weight, self.fc1.bias).clamp(min=0)
        out = torch.addmm(self.fc2.bias, h, self.fc2.weight.T)
        if out.shape[1] == 1:
            return out[:, 0]
        return out
