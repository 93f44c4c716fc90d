# operator = "Model"
# expected = {q7 = 9, q9 = 0}
# why = "layers in a plain list: no parameters are registered"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    """Linear → ReLU → Linear; one output comes without its dimension."""

    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.layers = [nn.Linear(input_dim, hid_dim), nn.Linear(hid_dim, output_dim)]

    def forward(self, x):
        return self.layers[1](F.relu(self.layers[0](x))).squeeze(1)
