"""Wrong: stops one word after max_length."""

CAUGHT_BY = ("test_reply_is_short_enough",)


def reply(model: Any, tokens: Sequence[str], max_length: int = 20, device: str | torch.device = "cpu") -> list[str]:
    words, net = model
    net.to(device).eval()
    with torch.no_grad():
        message, lengths = (each.to(device) for each in pad_columns([words.encode(tokens)]))
        outputs, hidden = net["encoder"](message, lengths)
        token, answer = torch.full_like(lengths, SOS), []
        while len(answer) <= max_length:
            logits, hidden, _ = net["decoder"](token, hidden, outputs, lengths)
            token = logits.argmax(dim=1)
            if token.item() == EOS:
                break
            answer.append(words.words[token.item()])
    return answer
