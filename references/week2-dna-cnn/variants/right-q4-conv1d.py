# why = "nn.functional.conv1d with four channels"

# %% q4_answer
# answer: q4_answer
def pwm_scan(one_hot, pwm):
    x = torch.as_tensor(np.array(one_hot)).T.unsqueeze(0)
    return F.conv1d(x, torch.as_tensor(np.array(pwm)).T.unsqueeze(0)).reshape(-1)
