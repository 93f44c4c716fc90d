# expected = {q7 = 0}
# why = "Dropout of 10 percent in training mode: a fresh model (training mode) is not W2 ReLU(W1 x + b1) + b2."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1 = nn.Linear(input_dim, hid_dim)
        self.fc2 = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        h = F.dropout(torch.relu(self.fc1(x)), p=0.1, training=self.training)
        return self.fc2(h).squeeze(1)
