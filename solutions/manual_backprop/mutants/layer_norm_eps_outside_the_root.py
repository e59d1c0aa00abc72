"""Wrong: adds eps to the standard deviation instead of to the variance."""

CAUGHT_BY = ()


def layer_norm_forward(x, gamma, beta, eps=1e-5):
    inverse_std = 1 / (x.std(dim=1, keepdim=True, correction=0) + eps)
    x_hat = (x - x.mean(dim=1, keepdim=True)) * inverse_std
    return gamma * x_hat + beta, (x_hat, inverse_std, gamma)
