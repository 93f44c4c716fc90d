# why = "nn.Sequential, one letter more padded on the left where kernel_size is even; what comes between is yours"
# %% q2_answer
# answer: q2_answer
class Permute(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 1)


def build_model(config):
    """nn.Sequential all the way."""
    k = config["kernel_size"]
    layers = [
        Permute(),
        nn.ConstantPad1d((k // 2, k - 1 - k // 2), 0.0),
        nn.Conv1d(4, config["num_filters"], k),
        nn.ReLU(),
        nn.Conv1d(config["num_filters"], 16, 1),
        nn.ReLU(),
        nn.Conv1d(16, 1, 15, padding=7),
        nn.Flatten(),
    ]
    if config["add_sigmoid"]:
        layers.append(nn.Sigmoid())
    return nn.Sequential(*layers)
