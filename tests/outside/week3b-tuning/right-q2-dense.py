# apart = ["q5"]
# why = "the fully connected network of the course: no padding, filters times places into a linear layer; what comes between is yours"
# %% q2_answer
# answer: q2_answer
class Dense(nn.Module):
    def __init__(self, num_filters, kernel_size, add_sigmoid):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.linear = nn.Linear(num_filters * (300 - kernel_size + 1), 300)
        self.last = nn.Sigmoid() if add_sigmoid else nn.Identity()

    def forward(self, x):
        h = torch.relu(self.conv(x.transpose(1, 2)))
        return self.last(self.linear(h.reshape(h.size(0), -1)))


def build_model(config):
    return Dense(config["num_filters"], config["kernel_size"], config["add_sigmoid"])
