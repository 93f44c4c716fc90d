# why = "Trained with Adam and a falling learning rate on the training rows; r 0.9756 >= 0.973; 'how the weights came about is your business'."
# %% q6_answer
# answer: q6_answer
class DNA_Linear(nn.Module):
    def __init__(self, seq_len):
        super().__init__()
        self.out = nn.Linear(4 * seq_len, 1)

    def forward(self, x):
        return self.out(x.flatten(1)).squeeze(1)


class DNA_CNN(nn.Module):
    def __init__(self, seq_len, num_filters=32, kernel_size=3):
        super().__init__()
        self.conv = nn.Conv1d(4, num_filters, kernel_size)
        self.out = nn.Linear(num_filters * (seq_len - kernel_size + 1), 1)

    def forward(self, x):
        h = F.relu(self.conv(x.mT))
        return self.out(h.view(h.size(0), -1)).view(-1)
