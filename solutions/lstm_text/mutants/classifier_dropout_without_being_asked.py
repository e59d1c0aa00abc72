"""Wrong: drops a tenth of the features by default."""

CAUGHT_BY = ("test_classifier_dropout",)


class TextClassifier(nn.Module):
    def __init__(
        self,
        vocab_size: int,
        embed_dim: int,
        hidden_size: int,
        num_classes: int,
        dropout: float = 0.0,
        pretrained: Tensor | None = None,
        freeze: bool = False,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        if pretrained is not None:
            with torch.no_grad():
                self.embedding.weight.copy_(pretrained)
        self.embedding.weight.requires_grad_(not freeze)
        self.lstm = nn.LSTM(embed_dim, hidden_size)
        self.dropout = nn.Dropout(dropout or 0.1)
        self.out = nn.Linear(hidden_size, num_classes)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        embedded = self.dropout(self.embedding(tokens))
        packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths.cpu(), enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.out(self.dropout(hidden[-1]))
