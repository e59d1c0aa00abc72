"""Wrong: returns the message backwards, without any model."""

CAUGHT_BY = (
    "test_reply_is_greedy",
    "test_reply_is_short_enough",
    "test_train_clips_gradients",
    "test_train_learns_a_phrase_book",
    "test_train_on_a_game",
    "test_train_reaches_the_bar",
    "test_train_same_seed",
    "test_train_teacher_forcing",
)


def train(pairs, *, epochs, teacher_forcing=0.5, clip=1.0, seed=0, device="cpu"):
    return None


def reply(model, tokens, max_length=20, device="cpu"):
    return list(tokens)[::-1][:max_length]
