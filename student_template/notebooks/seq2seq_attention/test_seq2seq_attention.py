"""Public tests of seq2seq_attention: run `pytest`, or `pytest -k attention` for one question.

The attention gets its weights from the tests and is compared with a formula. How your encoder and decoder are built is
your business: they are judged by what their results have to do with each other, and by what must not change them.
"""

import torch

from autograder import CheckFailure, assert_close, points, probe, timeout
from autograder.checks import show_curve

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def some_words(draw, count):
    """Different made-up words, in random order."""
    words = set()
    while len(words) < count:
        words.add("".join(LETTERS[i] for i in draw.integers(4, high=26).tolist()))
    ordered = sorted(words)
    return [ordered[i] for i in draw.permutation(count).tolist()]


def valid_steps(lengths, steps):
    """(T, B), True up to each length."""
    return torch.arange(steps)[:, None] < lengths


# ---------------------------------------------------------------------------------------------------------------------
# The loss
# ---------------------------------------------------------------------------------------------------------------------


def loss_by_hand(logits, targets, mask):
    """-log softmax at the target, position by position, averaged where the mask is True."""
    losses = []
    for t, b in mask.nonzero().tolist():
        scores = logits[t, b].double()
        losses.append(torch.logsumexp(scores, dim=0) - scores[targets[t, b]])
    return torch.stack(losses).mean()


def with_zero(targets):
    """The same targets, the first of them word 0: a word like any other here."""
    targets[0, 0] = 0
    return targets


@points("4.5", question="masked_cross_entropy")
def test_loss_averages_over_the_mask(submission, draw):
    """The loss is the mean of the cross entropy over the True positions, whatever stands at the others."""
    logits, targets = draw.normal(5, 4, 7, scale=2.0), with_zero(draw.integers(5, 4, high=7))
    scattered = draw.uniform(5, 4) < 0.6
    scattered[0, 0], scattered[4, 2] = True, False
    for mask in (valid_steps(torch.tensor([2, 5, 1, 4]), 5), scattered):
        loss = submission.call("masked_cross_entropy", logits, targets, mask)
        hint = "divide by the number of True positions, not by T · B, and not column by column"
        assert_close(loss, loss_by_hand(logits, targets, mask), label="masked_cross_entropy", hint=hint)


@points(3, question="masked_cross_entropy")
def test_loss_ignores_nan(submission, draw):
    """NaN and infinite logits at masked positions have no effect on the loss."""
    logits, targets = draw.normal(4, 3, 6), with_zero(draw.integers(4, 3, high=6))
    mask = valid_steps(torch.tensor([3, 1, 4]), 4)
    expected = loss_by_hand(logits, targets, mask)
    for odd in (float("nan"), float("inf")):
        spoiled = torch.where(mask[..., None], logits, odd)
        loss = submission.call("masked_cross_entropy", spoiled, targets, mask)
        hint = "0 times NaN is NaN: pick the positions that count, don't multiply by the mask"
        assert_close(loss, expected, label=f"masked_cross_entropy with {odd} at masked positions", hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Attention
# ---------------------------------------------------------------------------------------------------------------------


@probe
def attended(student, method, weights, query, keys, lengths):
    attention = student.Attention(method, query.shape[1]).to(dtype=query.dtype, device=query.device)
    shapes = {}
    with torch.no_grad():
        if "W" in weights:
            shapes["W"] = [tuple(attention.W.weight.shape), attention.W.bias is None]
            attention.W.weight.copy_(weights["W"])
        if "v" in weights:
            shapes["v"] = tuple(attention.v.shape)
            attention.v.copy_(weights["v"])
        return attention(query, keys, lengths), shapes


def attention_weights(draw, method, size):
    """What an attention of this method holds."""
    if method == "dot":
        return {}
    width = size if method == "general" else 2 * size
    weights = {"W": draw.normal(size, width, scale=0.7)}
    return weights if method == "general" else {**weights, "v": draw.normal(size)}


def attention_by_hand(method, weights, query, keys, lengths):
    """Row by row, over the valid steps alone."""
    rows = []
    for b, length in enumerate(lengths.tolist()):
        q, k = query[b], keys[:length, b]
        if method == "dot":
            scores = k @ q
        elif method == "general":
            scores = k @ weights["W"].T @ q
        else:
            scores = torch.stack([weights["v"] @ torch.tanh(weights["W"] @ torch.cat([q, each])) for each in k])
        rows.append(torch.cat([torch.softmax(scores, dim=0), query.new_zeros(keys.shape[0] - length)]))
    return torch.stack(rows) if rows else query.new_zeros(0, keys.shape[0])


def judge_attention(submission, draw, method, hint):
    weights, lengths = attention_weights(draw, method, 6), torch.tensor([3, 5, 1, 4])
    query, keys = draw.normal(4, 6), draw.normal(5, 4, 6)
    result, shapes = submission.run(attended, method, weights, query, keys, lengths)
    wanted = {"W": [(6, 6 if method == "general" else 12), True], "v": (6,)}
    wanted = {name: wanted[name] for name in weights}
    assert_close(shapes, wanted, label="[shape of W.weight, W has no bias], shape of v")
    expected = attention_by_hand(method, weights, query, keys, lengths)
    assert_close(result, expected, label=f'weights of Attention("{method}", 6)', hint=hint)
    if (result[~valid_steps(lengths, 5).T] != 0).any():
        raise CheckFailure("weights past the length are not exactly 0")


@points(5, question="attention")
def test_attention_dot(submission, draw):
    """Dot: the softmax over a message's own steps of query · key."""
    hint = "one score for each step of each message, -inf past the length, softmax over time; the result is (B, T)"
    judge_attention(submission, draw, "dot", hint)


@points(4, question="attention")
def test_attention_general(submission, draw):
    """General: the score is query · W(key)."""
    judge_attention(submission, draw, "general", "W is applied to the keys; a transposed W is another one")


@points(4, question="attention")
def test_attention_concat(submission, draw):
    """Concat: the score is v · tanh(W [query; key]), the query first."""
    judge_attention(submission, draw, "concat", "the query comes first in [query; key]; tanh, then v")


@probe
def attention_of(student, method, query, keys, lengths):
    return student.Attention(method, query.shape[1]).to(query)(query, keys, lengths)


@points("1.5", question="attention")
def test_attention_unknown_method(submission, draw):
    """Another method is refused with a ValueError."""
    query, keys, lengths = draw.normal(2, 3), draw.normal(4, 2, 3), torch.tensor([4, 2])
    result = submission.run(attention_of, "dot", query, keys, lengths)
    assert_close(result, attention_by_hand("dot", {}, query, keys, lengths), label='weights of Attention("dot", 3)')
    for method in ("cosine", "DOT", ""):
        submission.raises(ValueError, attention_of, method, query, keys, lengths, because=f"there is no {method!r}")


# ---------------------------------------------------------------------------------------------------------------------
# The encoder
# ---------------------------------------------------------------------------------------------------------------------


@probe
def encoded(student, sizes, batches, scale):
    encoder = student.Encoder(*sizes).to(dtype=torch.float64, device=batches[0][0].device).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.normal_(0, scale)
        results = []
        for tokens, lengths in batches:
            outputs, hidden = encoder(tokens, lengths)
            results.append((outputs, hidden))
    layers = [module.num_layers for module in encoder.modules() if isinstance(module, torch.nn.GRU)]
    return results, max(layers, default=1)


def batch_of(sequences):
    """Tokens (T, B) and lengths (B,)."""
    tokens = torch.zeros(max(map(len, sequences)), len(sequences), dtype=torch.int64)
    for b, sequence in enumerate(sequences):
        tokens[: len(sequence), b] = torch.tensor(sequence)
    return tokens, torch.tensor([len(sequence) for sequence in sequences])


def sequences_of(draw, lengths, vocab_size=20):
    """Lists of ids from 3 on: smaller ones may have a meaning."""
    return [draw.integers(length, low=3, high=vocab_size).tolist() for length in lengths]


def assert_encoded(result, steps, rows, size):
    """Form only: (T, B, H) and (B, H), and that they are not all the same."""
    outputs, hidden = result
    assert_close(outputs, torch.zeros(steps, rows, size, dtype=torch.float64), atol=1e6, label="outputs")
    assert_close(hidden, torch.zeros(rows, size, dtype=torch.float64), atol=1e6, label="hidden")
    if (outputs[0] - hidden).abs().max() < 1e-9 and steps > 1:
        raise CheckFailure("hidden is the same as the first output")
    if rows > 1 and (hidden - hidden[0]).abs().max() < 1e-9:
        raise CheckFailure("all messages get the same hidden state")


@points(5, question="encoder")
def test_encoder_padding_and_order(submission, draw):
    """A message gets the same outputs and hidden state alone, in a batch of longer ones, and in any order."""
    sequences, order = sequences_of(draw, [3, 6, 1, 4]), [2, 0, 3, 1]
    batches = [batch_of(sequences), batch_of([sequences[b] for b in order]), *(batch_of([each]) for each in sequences)]
    (whole, moved, *alone), _ = submission.run(encoded, (20, 5), batches, 0.5)
    assert_encoded(whole, 6, 4, 5)
    outputs, hidden = whole
    hint = "lengths come unsorted; who sorts must sort back, and the backward direction must start at each one's end"
    assert_encoded(moved, 6, 4, 5)
    assert_close(moved[1], hidden[order], label="hidden of the batch in another order", hint=hint)
    for b, (sequence, (own_outputs, own_hidden)) in enumerate(zip(sequences, alone, strict=True)):
        length = len(sequence)
        assert_close(own_hidden, hidden[b : b + 1], label="hidden of a message alone", hint=hint)
        assert_close(own_outputs, outputs[:length, b : b + 1], label="outputs of a message alone", hint=hint)
        place = order.index(b)
        assert_close(moved[0][:length, place], outputs[:length, b], label="outputs in another order", hint=hint)


def judge_hidden(submission, sequences, size):
    """hidden = last forward + last backward state, found from outputs alone, for messages that end as they begin.

    With F(...) and G(...) the states of the two directions, the outputs of x ... x are F(x) + G(x ... x) at first and
    F(x ... x) + G(x) at last, and that of x alone is F(x) + G(x).
    """
    batches = [batch for each in sequences for batch in (batch_of([each]), batch_of([each[:1]]))]
    results, layers = submission.run(encoded, (20, size), batches, 0.5)
    for number, sequence in enumerate(sequences):
        (outputs, hidden), (single, single_hidden) = results[2 * number : 2 * number + 2]
        assert_encoded((outputs, hidden), len(sequence), 1, size)
        hint = "add up the last states of both directions: hidden[0] + hidden[1] of nn.GRU"
        assert_close(single_hidden, single[0], label="hidden of a single word, against its output", hint=hint)
        if layers == 1:  # of several layers the outputs are no such sum of F and G
            expected = outputs[0] + outputs[-1] - single[0]
            label = "hidden, against what outputs say of the last states"
            assert_close(hidden, expected, label=label, hint=hint)


@points("3.5", question="encoder")
def test_encoder_hidden_is_the_sum_of_the_last_states(submission, draw):
    """The hidden state is the last state of the forward direction plus that of the backward direction."""
    sequences = [[first, *middle, first] for first, *middle in sequences_of(draw, [2, 5, 4])]
    judge_hidden(submission, sequences, 6)


# ---------------------------------------------------------------------------------------------------------------------
# The decoder
# ---------------------------------------------------------------------------------------------------------------------


@probe
def decoded(student, sizes, methods, steps, seed):
    """One step for each of ``steps``, by a decoder with the same weights each time."""
    decoder = student.Decoder(*sizes, *methods)
    decoder = decoder.to(dtype=steps[0][1].dtype, device=steps[0][1].device).eval()
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64) * 0.5)
        results = []
        for token, hidden, outputs, lengths in steps:
            logits, new, weights = decoder(token, hidden, outputs, lengths)
            results.append((logits, new, weights))
    return results


def decoder_step(draw, lengths, size, vocab_size=11, steps=None, scale=1.0):
    """(token, hidden, encoder_outputs, lengths); tokens from 3 on."""
    rows, steps = len(lengths), max(lengths) if steps is None else steps
    token = draw.permutation(vocab_size - 3)[:rows] + 3
    return token, draw.normal(rows, size), draw.normal(steps, rows, size, scale=scale), torch.tensor(lengths)


def assert_decoded(result, rows, vocab_size, size, lengths, steps):
    """Form, weights that sum to 1 and are 0 past the length, and scores that are no probabilities."""
    logits, hidden, weights = result
    assert_close(logits, torch.zeros(rows, vocab_size, dtype=torch.float64), atol=1e6, label="logits")
    assert_close(hidden, torch.zeros(rows, size, dtype=torch.float64), atol=1e6, label="hidden")
    assert_close(weights, torch.zeros(rows, steps, dtype=torch.float64), atol=1.0 + 1e-9, label="weights")
    assert_close(weights.sum(dim=1), torch.ones(rows, dtype=torch.float64), label="sums of the rows of weights")
    if (weights[~valid_steps(lengths, steps).T] != 0).any() or (weights < 0).any():
        raise CheckFailure("weights past the length are not exactly 0, or some are negative")
    if logits.min() >= 0 and (logits.sum(dim=1) - 1).abs().max() < 1e-6:
        raise CheckFailure("the logits of each row add up to 1: probabilities, not logits", hint="no softmax here")
    if rows > 1 and (logits - logits[0]).abs().max() < 1e-9:
        raise CheckFailure("all rows get the same logits")


@points("3.5", question="decoder")
def test_decoder_rows_are_independent(submission, draw):
    """A row gets the same results alone, in a batch, and in any order; its weights sum to 1 up to its length."""
    lengths = [2, 5, 1, 4]
    token, hidden, outputs, _ = step = decoder_step(draw, lengths, 6)
    order = [3, 1, 0, 2]
    steps = [step, (token[order], hidden[order], outputs[:, order], torch.tensor(lengths)[order])]
    steps += [
        (token[b : b + 1], hidden[b : b + 1], outputs[:, b : b + 1], torch.tensor([lengths[b]])) for b in range(4)
    ]
    whole, moved, *alone = submission.run(decoded, (11, 6), (), steps, draw.seed())
    assert_decoded(whole, 4, 11, 6, torch.tensor(lengths), 5)
    names = "logits", "hidden", "weights"
    for name, result, own, every in zip(names, moved, zip(*alone, strict=True), whole, strict=True):
        assert_close(result, every[order], label=f"{name} of the batch in another order")
        assert_close(torch.cat(list(own)), every, label=f"{name} of each row alone")


@points(4, question="decoder")
def test_decoder_uses_the_context(submission, draw):
    """Of the message the decoder sees the mean of the encoder's outputs, weighted by what it returns as weights."""
    lengths = [3, 5, 2, 4]
    token, hidden, outputs, _ = step = decoder_step(draw, lengths, 6)
    seed, other = draw.seed(), draw.normal(5, 4, 6)
    whole, changed = submission.run(decoded, (11, 6), (), [step, (token, hidden, other, torch.tensor(lengths))], seed)
    assert_decoded(whole, 4, 11, 6, torch.tensor(lengths), 5)
    same = (whole[0] - changed[0]).abs().amax(dim=1) < 1e-9
    if same.any():
        raise CheckFailure("other encoder outputs give the same logits", hint="the context must go into the logits")
    context = torch.einsum("bt,tbh->bh", whole[2], outputs)
    single = token, hidden, context[None], torch.ones(4, dtype=torch.int64)
    (short,) = submission.run(decoded, (11, 6), (), [single], seed)
    hint = "the context is the sum over t of weights[b, t] · encoder_outputs[t, b]"
    label = "logits for a message of one step, the context (its weight is 1),"
    assert_close(short[0], whole[0], rtol=1e-7, atol=1e-8, label=label, hint=hint)
    assert_close(short[1], whole[1], rtol=1e-7, atol=1e-8, label=label.replace("logits", "hidden"), hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Training and replying
# ---------------------------------------------------------------------------------------------------------------------


@probe
def train_and_reply(student, messages, answers, asked, settings, device):
    """Replies to what is asked, as a pair of message and max_length, and the loss at each call of backward."""
    losses, backward = [], torch.Tensor.backward

    def noted(loss, *args, **kwargs):
        if loss.numel() == 1:
            losses.append(loss.detach())
        return backward(loss, *args, **kwargs)

    torch.Tensor.backward = noted
    try:
        pairs = [(message.split(), answer.split()) for message, answer in zip(messages, answers, strict=True)]
        model = student.train(pairs, device=device, **settings)
    finally:
        torch.Tensor.backward = backward
    replies = [student.reply(model, message.split(), most, device=device) for message, most in asked]
    return replies, torch.tensor([float(loss) for loss in losses])


def assert_words(replies, count):
    """Lists of words."""
    assert_close(len(replies), count, label="number of replies")
    for words in replies:
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise CheckFailure(f"reply(...) is no list of words, but {words!r:.80}")


def phrase_book(draw):
    """Eight messages and their answers, of 1 to 5 words, and each pair 40 times, in random order."""
    words, answers = some_words(draw, 24), []
    messages = [" ".join(words[i] for i in (k, 8 + k // 2, k // 4)[: 1 + k % 3]) for k in range(8)]
    for length in (1, 2, 3, 4, 5, 3, 2, 4):
        chosen = draw.permutation(12)[:length].tolist()
        if length > 3:
            chosen[-1] = chosen[1]  # a long answer says one word twice
        answers.append(" ".join(words[12 + i] for i in chosen))
    order = draw.permutation(320) % 8
    return messages, answers, [messages[i] for i in order.tolist()], [answers[i] for i in order.tolist()]


@timeout(120)
@points("3.5", question="train")
def test_train_learns_a_phrase_book(submission, draw):
    """Eight answers are learned by heart, each with its end: nothing is missing, and nothing follows."""
    messages, answers, *sent = phrase_book(draw)
    asked = [(message, 20) for message in messages]
    settings = {"epochs": 50, "seed": draw.seed()}
    replies, _ = submission.run(train_and_reply, *sent, asked, settings, str(submission.device))
    assert_words(replies, 8)
    wrong = [(a, words) for a, words in zip(answers, replies, strict=True) if words != a.split()]
    if len(wrong) > 1:
        details = [f"expected {expected.split()}, got {got}"[:160] for expected, got in wrong[:3]]
        hint = "an answer ends with the end marker; reply starts from the start marker, and feeds back its own words"
        raise CheckFailure(f"{len(wrong)} of 8 answers are wrong after 50 epochs", details, hint=hint)


WORDS, SHORTEST, LONGEST = 16, 7, 12  # of the game: words that there are, and in a message
PAIRS, EPOCHS, UNSEEN = 1500, 10, 100


def game(draw, count, avoid=()):
    """Messages of different words by their numbers; none of the messages is in ``avoid``."""
    messages, known = [], set(avoid)
    while len(messages) < count:
        length = SHORTEST + int(draw.integers(high=LONGEST - SHORTEST + 1))
        message = tuple(draw.permutation(WORDS)[:length].tolist())
        if message not in known:
            known.add(message)
            messages.append(message)
    return messages


def in_words(messages, prefix, step=1):
    return [" ".join(f"{prefix}{number}" for number in message[::step]) for message in messages]


@timeout(180)
@points(6, question="train")
def test_train_on_a_game(submission, draw, bars):
    """Trained on messages with their answers, it answers unseen ones without any mistake, often enough."""

    def trial(draw):
        seen = game(draw, PAIRS)
        unseen = game(draw, UNSEEN, avoid=seen)
        renaming = draw.fresh_words([f"{kind}{number}" for kind in ("word", "answer") for number in range(WORDS)])
        sent = [renaming.renamed(in_words(seen, "word")), renaming.renamed(in_words(seen, "answer", -1))]
        asked = [(message, 20) for message in renaming.renamed(in_words(unseen, "word"))]
        settings = {"epochs": EPOCHS, "teacher_forcing": 1.0, "seed": draw.seed()}
        replies, losses = submission.run(train_and_reply, *sent, asked, settings, str(submission.device))
        show_curve("Loss in training", losses, x="epoch", y="mean loss", parts=EPOCHS)
        assert_words(replies, UNSEEN)
        expected = renaming.renamed(in_words(unseen, "answer", -1))
        return sum(words == answer.split() for words, answer in zip(replies, expected, strict=True)) / UNSEEN

    hint = "a decoder that ignores the attention gets few answers right; print the loss after each epoch, and replies"
    bars["exact_match"].judge(trial, trials=1, what=f"share of {UNSEEN} unseen messages answered right", hint=hint)
