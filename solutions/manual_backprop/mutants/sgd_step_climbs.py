"""Wrong: goes up the gradient."""

CAUGHT_BY = (
    "test_sgd_step_in_place",
    "test_sgd_step_keeps_grads",
    "test_sgd_step_layouts",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
)
CAUSES = ("NaN*",)


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        p += learning_rate * grads[name]
