# why = "Trained with Adam and a falling learning rate: 'How the weights came about is your business'."
# %% q7_answer
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.encoder = nn.Linear(input_dim, hid_dim)
        self.decoder = nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        out = self.decoder(self.encoder(x).relu())
        return out.flatten() if out.size(1) == 1 else out
