"""Wrong: p = p - ... binds the loop's variable anew and changes nothing."""

CAUGHT_BY = ()


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        p = p - learning_rate * grads[name]
