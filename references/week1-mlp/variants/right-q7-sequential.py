# operator = "equivalent"
# why = "one nn.Sequential, other names, squeeze(-1)"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim: int, hid_dim: int, output_dim: int, verbose=False):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(input_dim, hid_dim), nn.ReLU(), nn.Linear(hid_dim, output_dim))

    def forward(self, x):
        out = self.net(x)
        return out.squeeze(-1) if out.shape[1] == 1 else out
