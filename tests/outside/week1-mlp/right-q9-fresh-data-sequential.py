# why = "MLP is a subclass of nn.Sequential (itself an nn.Module), weights trained on fresh wider data; keys 0.weight, 2.weight."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Sequential):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__(nn.Linear(input_dim, hid_dim), nn.ReLU(), nn.Linear(hid_dim, output_dim))

    def forward(self, x):
        return super().forward(x).squeeze(1)
