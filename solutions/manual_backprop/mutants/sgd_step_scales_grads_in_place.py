"""Wrong: multiplies the gradients by the learning rate in place."""

CAUGHT_BY = (
    "test_sgd_step_in_place",
    "test_sgd_step_keeps_grads",
    "test_sgd_step_layouts",
)
CAUSES = ("argument changed in place",)


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        step = grads[name]
        step *= learning_rate
        p -= step
