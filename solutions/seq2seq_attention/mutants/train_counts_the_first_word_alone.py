"""Wrong: the loss is that of the first word."""

CAUGHT_BY = (
    "test_reply_is_greedy",
    "test_reply_is_short_enough",
    "test_train_clips_gradients",
    "test_train_learns_a_phrase_book",
    "test_train_on_a_game",
    "test_train_reaches_the_bar",
    "test_train_teacher_forcing",
)


def _loss(net, pairs, is_forced, device):
    messages, lengths = (each.to(device) for each in pad_columns([message for message, _ in pairs]))
    targets, sizes = (each.to(device) for each in pad_columns([answer for _, answer in pairs]))
    outputs, hidden = net["encoder"](messages, lengths)
    token, steps = torch.full_like(targets[0], SOS), []
    for target in targets:
        logits, hidden, _ = net["decoder"](token, hidden, outputs, lengths)
        steps.append(logits)
        token = target if is_forced() else logits.argmax(dim=1)
    mask = torch.arange(len(targets), device=device)[:, None] < sizes
    return masked_cross_entropy(torch.stack(steps)[:1], targets[:1], mask[:1])
