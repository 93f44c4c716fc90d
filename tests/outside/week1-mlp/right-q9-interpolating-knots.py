# why = "Weights not trained at all but computed: the ReLU network that interpolates x^3 at 1000 knots; 'How the weights came about is your business'."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(1)
