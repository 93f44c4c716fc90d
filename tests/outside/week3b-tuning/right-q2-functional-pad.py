# apart = ["q5"]
# why = "ModuleDict, two more convolutions, a sigmoid by nn.Identity switch; padding more on the right for an even kernel_size"
# %% q2_answer
# answer: q2_answer
class Tower(nn.Module):
    def __init__(self, config):
        super().__init__()
        n, k = config["num_filters"], config["kernel_size"]
        self.left, self.right = k // 2, (k - 1) // 2
        self.layers = nn.ModuleDict({"scan": nn.Conv1d(4, n, k), "mix": nn.Conv1d(n, 20, 1), "paint": nn.Conv1d(20, 1, 21, padding="same")})
        self.end = (nn.Identity, nn.Sigmoid)[int(config["add_sigmoid"])]()

    def forward(self, x):
        h = F.pad(x.permute(0, 2, 1), [self.left, self.right])
        h = F.gelu(self.layers["scan"](h))
        h = F.gelu(self.layers["mix"](h))
        return self.end(self.layers["paint"](h).view(x.shape[0], 300))


def build_model(config):
    return Tower(config)
