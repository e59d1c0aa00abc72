"""Wrong: loses a batch of one."""

CAUGHT_BY = (
    "test_decoder_rows_are_independent",
    "test_decoder_small_batches",
    "test_reply_is_greedy",
    "test_reply_is_short_enough",
    "test_train_clips_gradients",
    "test_train_learns_a_phrase_book",
    "test_train_on_a_game",
    "test_train_reaches_the_bar",
    "test_train_same_seed",
    "test_train_teacher_forcing",
)
CAUSES = ("a dimension of size 1 is lost or misplaced", "another shape")


class Decoder(nn.Module):
    def __init__(self, vocab_size: int, hidden_size: int, method: str = "dot"):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.cell = nn.GRUCell(hidden_size, hidden_size)
        self.attention = Attention(method, hidden_size)
        self.combine = nn.Linear(2 * hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, vocab_size)

    def forward(
        self, token: Tensor, hidden: Tensor, encoder_outputs: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self.cell(self.embedding(token), hidden)
        weights = self.attention(hidden, encoder_outputs, lengths)
        context = torch.einsum("bt,tbh->bh", weights, encoder_outputs)
        combined = torch.tanh(self.combine(torch.cat([hidden, context], dim=1)))
        return self.out(combined).squeeze(), hidden, weights
