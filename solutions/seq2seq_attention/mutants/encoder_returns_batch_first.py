"""Wrong: returns (B, T, H)."""

CAUGHT_BY = (
    "test_encoder_adds_both_directions",
    "test_encoder_equals_torch_gru",
    "test_encoder_gradients",
    "test_encoder_hidden_is_the_sum_of_the_last_states",
    "test_encoder_padding_and_order",
    "test_encoder_small_batches",
    "test_reply_is_greedy",
    "test_reply_is_short_enough",
    "test_train_clips_gradients",
    "test_train_learns_a_phrase_book",
    "test_train_on_a_game",
    "test_train_reaches_the_bar",
    "test_train_same_seed",
    "test_train_teacher_forcing",
)
CAUSES = ("a dimension of size 1 is lost or misplaced",)


class Encoder(nn.Module):
    def __init__(self, vocab_size: int, hidden_size: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, bidirectional=True)

    def forward(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        embedded = self.embedding(tokens)
        packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths.cpu(), enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, total_length=tokens.shape[0])
        forward, backward = outputs.chunk(2, dim=2)
        return (forward + backward).transpose(0, 1), hidden.sum(dim=0)
