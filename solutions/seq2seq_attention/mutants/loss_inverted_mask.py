"""Wrong: averages over the positions that do not count."""

CAUGHT_BY = (
    "test_loss_averages_over_the_mask",
    "test_loss_gradient",
    "test_loss_ignores_nan",
    "test_loss_large_logits",
    "test_loss_small_and_odd_batches",
    "test_reply_is_greedy",
    "test_reply_is_short_enough",
    "test_train_clips_gradients",
    "test_train_learns_a_phrase_book",
    "test_train_on_a_game",
    "test_train_reaches_the_bar",
    "test_train_teacher_forcing",
)
CAUSES = ("NaN*",)


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits[~mask], targets[~mask])
