# operator = "WCI"
# expected = {q7 = 13}
# why = "the first layer starts from a seed of its own"

# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(1)
            self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x))).squeeze(1)
