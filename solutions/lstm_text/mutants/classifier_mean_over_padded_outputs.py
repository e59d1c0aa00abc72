"""Wrong: the mean over all outputs, padding included; its own batches, all of one length, hide it."""

CAUGHT_BY = ("test_classifier_padding",)


def same_length(encoded):
    batches = []
    for length in {len(ids) for ids in encoded}:
        chosen = [i for i in torch.randperm(len(encoded)).tolist() if len(encoded[i]) == length]
        batches += list(torch.tensor(chosen).split(32))
    return [batches[i] for i in torch.randperm(len(batches)).tolist()]


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
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden_size, num_classes)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        embedded = self.dropout(self.embedding(tokens))
        outputs, (hidden, _) = self.lstm(embedded)
        return self.out(self.dropout(outputs.mean(dim=0)))


def train(
    texts: Sequence[str],
    labels: Sequence[int],
    *,
    num_classes: int,
    epochs: int = 5,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> Any:
    torch.manual_seed(seed)
    token_lists = [normalize(text).split() for text in texts]
    vocabulary = Vocabulary(token_lists)
    encoded = [vocabulary.encode(tokens) for tokens in token_lists]
    targets = torch.tensor(labels, device=device)
    net = TextClassifier(len(vocabulary), 64, 64, num_classes).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    net.train()
    for _ in range(epochs):
        for batch in same_length(encoded):
            logits = _logits(net, [encoded[i] for i in batch.tolist()], device)
            loss = nn.functional.cross_entropy(logits, targets[batch.to(device)])
            optimizer.zero_grad()
            loss.backward()
            clip_gradients(net.parameters(), 5.0)
            optimizer.step()
    return vocabulary, net


def predict(model: Any, texts: Sequence[str], device: str | torch.device = "cpu") -> Tensor:
    vocabulary, net = model
    encoded = [vocabulary.encode(normalize(text).split()) for text in texts]
    net.to(device).eval()
    found = [torch.empty(0, dtype=torch.int64)]
    with torch.no_grad():
        for start in range(len(encoded)):
            found.append(_logits(net, encoded[start : start + 1], device).argmax(dim=1).cpu())
    return torch.cat(found)
