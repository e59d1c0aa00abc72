"""Wrong: view() needs contiguous parameters and gradients."""

CAUGHT_BY = ("test_sgd_step_layouts",)


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        p.view(-1).sub_(learning_rate * grads[name].view(-1))
