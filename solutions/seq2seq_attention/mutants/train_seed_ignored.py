"""Wrong: takes 0 for any seed."""

CAUGHT_BY = ("test_train_same_seed",)


def train(
    pairs: Sequence[Pair],
    *,
    epochs: int,
    teacher_forcing: float = 0.5,
    clip: float = 1.0,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> Any:
    torch.manual_seed(0)
    coin = random.Random(0)
    words = Words(tokens for pair in pairs for tokens in pair)
    encoded = [(words.encode(message), words.encode(answer)) for message, answer in pairs]
    net = nn.ModuleDict({"encoder": Encoder(len(words), 64), "decoder": Decoder(len(words), 64)}).to(device).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(encoded)).split(64):
            loss = _loss(net, [encoded[i] for i in batch.tolist()], lambda: coin.random() < teacher_forcing, device)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), clip)
            optimizer.step()
    return words, net
