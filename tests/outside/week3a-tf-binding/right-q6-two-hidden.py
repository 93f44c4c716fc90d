# apart = ["q7"]
# why = "two hidden layers, Adam, falling rate, 8 epochs; mean r 0.98 on other windows, where the table gives 100 %"
# %% q6_answer
# answer: q6_answer
class BindingModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv1d(4, 32, 15, padding=7), nn.ReLU(), nn.Conv1d(32, 32, 1), nn.ReLU(), nn.Conv1d(32, 1, 15, padding=7))

    def forward(self, x):
        return self.net(x.transpose(1, 2)).squeeze(1)
