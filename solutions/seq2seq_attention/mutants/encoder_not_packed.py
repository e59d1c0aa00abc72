"""Wrong: runs on over the padding; its training has batches of equal lengths, so nothing shows."""

CAUGHT_BY = ("test_encoder_equals_torch_gru", "test_encoder_padding_and_order", "test_encoder_small_batches")


def _loss_of_equal_lengths(net, pairs, is_forced, device):
    messages, lengths = (each.to(device) for each in pad_columns([message for message, _ in pairs]))
    targets, sizes = (each.to(device) for each in pad_columns([answer for _, answer in pairs]))
    outputs, hidden = net["encoder"](messages, lengths)
    token, steps = torch.full_like(targets[0], SOS), []
    for target in targets:
        logits, hidden, _ = net["decoder"](token, hidden, outputs, lengths)
        steps.append(logits)
        token = target if is_forced() else logits.argmax(dim=1)
    mask = torch.arange(len(targets), device=device)[:, None] < sizes
    return masked_cross_entropy(torch.stack(steps), targets, mask)


def _loss(net, pairs, is_forced, device):
    by_length = {}
    for pair in pairs:
        by_length.setdefault(len(pair[0]), []).append(pair)
    losses = [len(group) * _loss_of_equal_lengths(net, group, is_forced, device) for group in by_length.values()]
    return sum(losses) / len(pairs)


class Encoder(nn.Module):
    def __init__(self, vocab_size: int, hidden_size: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        embedded = self.embedding(tokens)
        outputs, hidden = self.gru(embedded)
        forward, backward = outputs.chunk(2, dim=2)
        return forward + backward, hidden.sum(dim=0)
