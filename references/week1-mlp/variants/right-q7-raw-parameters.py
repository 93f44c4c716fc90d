# operator = "equivalent"
# why = "nn.Parameter by hand in nn.Linear's shapes"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(hid_dim, input_dim) / input_dim**0.5)
        self.b1 = nn.Parameter(torch.zeros(hid_dim))
        self.W2 = nn.Parameter(torch.randn(output_dim, hid_dim) / hid_dim**0.5)
        self.b2 = nn.Parameter(torch.zeros(output_dim))

    def forward(self, x):
        hidden = torch.maximum(x @ self.W1.T + self.b1, torch.zeros(()))
        return torch.squeeze(F.linear(hidden, self.W2, self.b2), dim=1)
