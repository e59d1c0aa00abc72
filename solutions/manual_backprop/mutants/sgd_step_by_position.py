"""Wrong: pairs parameters and gradients by position in the dicts instead of by name."""

CAUGHT_BY = ("test_sgd_step_keeps_grads",)


def sgd_step(params, grads, learning_rate):
    for p, grad in zip(params.values(), grads.values()):
        p -= learning_rate * grad
