# operator = "equivalent"
# why = "an nn.Sequential: other names, the same tensors in the same order"

# %% q2_answer
# answer: q2_answer
class ChannelsFirst(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


def build_model(config):
    """Return a new network for a configuration."""
    width = config["kernel_size"]
    layers = [
        ChannelsFirst(),
        nn.ConstantPad1d((width // 2, (width - 1) // 2), 0.0),
        nn.Conv1d(4, config["num_filters"], width),
        nn.ReLU(),
        nn.Conv1d(config["num_filters"], 16, 1),
        nn.ReLU(),
        nn.Conv1d(16, 1, 15, padding="same"),
        nn.Flatten(),
    ]
    if config["add_sigmoid"]:
        layers.append(nn.Sigmoid())
    return nn.Sequential(*layers)
