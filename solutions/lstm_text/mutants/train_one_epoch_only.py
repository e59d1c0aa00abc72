"""Wrong: one epoch, whatever is asked for."""

CAUGHT_BY = ("test_train_on_the_public_set", "test_train_reaches_the_bar", "test_train_same_seed")


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
    for _ in range(1):
        for batch in torch.randperm(len(encoded)).split(64):
            logits = _logits(net, [encoded[i] for i in batch.tolist()], device)
            loss = nn.functional.cross_entropy(logits, targets[batch.to(device)])
            optimizer.zero_grad()
            loss.backward()
            clip_gradients(net.parameters(), 5.0)
            optimizer.step()
    return vocabulary, net
