# apart = ["q5"]
# why = "padding=same; without the sigmoid the network ends in a ReLU, which the contract allows"
# %% q2_answer
# answer: q2_answer
class Net(nn.Module):
    def __init__(self, **config):
        super().__init__()
        n, k = config["num_filters"], config["kernel_size"]
        self.first = nn.Conv1d(4, n, k, padding="same")
        self.second = nn.Conv1d(n, 12, 3, padding=1)
        self.third = nn.Conv1d(12, 1, 13, padding=6)
        nn.init.constant_(self.third.bias, 0.5)
        self.squash = config["add_sigmoid"]

    def forward(self, x):
        h = self.first(x.permute(0, 2, 1)).relu()
        h = self.third(F.leaky_relu(self.second(h), 0.1))
        h = h.squeeze(1)
        return h.sigmoid() if self.squash else h.relu()


def build_model(config):
    return Net(**config)
