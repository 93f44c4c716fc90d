# expected = {q7 = 0}
# why = "nn.ReLU6 caps hidden values at 6: equal to ReLU for small inputs, wrong for x of 50 and more (large hidden values)."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)
        self.act = nn.ReLU6()

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x))).squeeze(1)
