"""Wrong: sorts the messages and does not sort back."""

CAUGHT_BY = (
    "test_encoder_equals_torch_gru",
    "test_encoder_padding_and_order",
    "test_reply_is_greedy",
    "test_reply_is_short_enough",
    "test_train_clips_gradients",
    "test_train_learns_a_phrase_book",
    "test_train_on_a_game",
    "test_train_reaches_the_bar",
    "test_train_teacher_forcing",
)


class Encoder(nn.Module):
    def __init__(self, vocab_size: int, hidden_size: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        order = lengths.argsort(descending=True)
        embedded = self.embedding(tokens[:, order])
        packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths[order].cpu())
        outputs, hidden = self.gru(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, total_length=tokens.shape[0])
        forward, backward = outputs.chunk(2, dim=2)
        return forward + backward, hidden.sum(dim=0)
