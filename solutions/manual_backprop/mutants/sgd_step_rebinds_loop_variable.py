"""Wrong: p = p - ... binds the loop's variable anew and changes nothing."""

CAUGHT_BY = (
    "test_sgd_step_in_place",
    "test_sgd_step_keeps_grads",
    "test_sgd_step_layouts",
    "test_train_spiral_accuracy",
    "test_train_spiral_accuracy_mixed",
    "test_train_spiral_arguments",
)


def sgd_step(params, grads, learning_rate):
    for name, p in params.items():
        p = p - learning_rate * grads[name]
