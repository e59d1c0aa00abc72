"""Wrong: gives weights of the padding some mass."""

CAUGHT_BY = (
    "test_decoder_attends_by_its_method",
    "test_decoder_reads_all_it_gets",
    "test_decoder_rows_are_independent",
    "test_decoder_small_batches",
    "test_decoder_uses_the_context",
)


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
        return self.out(combined), hidden, (weights + 1e-3) / (1 + 1e-3 * weights.shape[1])
