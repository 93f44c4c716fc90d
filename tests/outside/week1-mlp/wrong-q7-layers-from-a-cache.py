# expected = {q7 = 0}
# why = "Layers are taken from a class-wide cache by size, so two models of one size share their weights: not a new random start, and training one trains the other."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    layers = {}

    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        sizes = (input_dim, hid_dim, output_dim)
        if sizes not in self.layers:
            self.layers[sizes] = nn.Linear(input_dim, hid_dim), nn.Linear(hid_dim, output_dim)
        self.fc1, self.fc2 = self.layers[sizes]

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
