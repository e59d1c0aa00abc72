"""Wrong: puts new tensors into params instead of changing those that are there."""

CAUGHT_BY = (
    "test_sgd_step_in_place",
    "test_sgd_step_keeps_grads",
    "test_sgd_step_layouts",
)


def sgd_step(params, grads, learning_rate):
    for name in params:
        params[name] = params[name] - learning_rate * grads[name]
