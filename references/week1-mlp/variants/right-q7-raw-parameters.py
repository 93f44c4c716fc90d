# operator = "equivalent"
# why = "nn.Parameter by hand, in nn.Linear's shapes and with its start"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.W1, self.b1 = self.even(input_dim, hid_dim, input_dim), self.even(input_dim, hid_dim)
        self.W2, self.b2 = self.even(hid_dim, output_dim, hid_dim), self.even(hid_dim, output_dim)

    @staticmethod
    def even(fan_in, *shape):
        """Return a parameter as nn.Linear draws it: evenly from ±1/√fan_in."""
        return nn.Parameter((2 * torch.rand(shape) - 1) / fan_in**0.5)

    def forward(self, x):
        hidden = torch.maximum(x @ self.W1.T + self.b1, torch.zeros(()))
        return torch.squeeze(F.linear(hidden, self.W2, self.b2), dim=1)
