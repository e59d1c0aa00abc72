"""Wrong: reads each message without its last word."""

CAUGHT_BY = (
    "test_encoder_adds_both_directions",
    "test_encoder_equals_torch_gru",
    "test_encoder_hidden_is_the_sum_of_the_last_states",
)


class Encoder(nn.Module):
    def __init__(self, vocab_size: int, hidden_size: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        embedded = self.embedding(tokens)
        packed = nn.utils.rnn.pack_padded_sequence(embedded, (lengths - 1).clamp(min=1).cpu(), enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, total_length=tokens.shape[0])
        forward, backward = outputs.chunk(2, dim=2)
        return forward + backward, hidden.sum(dim=0)
