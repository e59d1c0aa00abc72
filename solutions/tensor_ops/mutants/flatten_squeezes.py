"""Wrong: squeeze() eats a batch of one."""

CAUGHT_BY = ()

def flatten_batch(x):
    return x.reshape(len(x), x.shape[1:].numel()).squeeze()
