"""Hidden tests of lstm_text: other scripts, edges, gradients, small batches, training modes, and training.

Expected values come from loops over single sequences with torch.nn.LSTMCell, or a formula, in float64.
"""

import re

import torch

from autograder import CheckFailure, assert_close, points, probe, timeout
from autograder.checks import show_confusion, show_curve
from autograder.data import load_text
from autograder.data.movies import WORDS, bags_of, movies

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def some_words(draw, count):
    """Different made-up words, in alphabetical order."""
    words = set()
    while len(words) < count:
        words.add("".join(LETTERS[i] for i in draw.integers(4, high=26).tolist()))
    return sorted(words)


def shuffled(draw, items):
    return [items[i] for i in draw.permutation(len(items)).tolist()]


def anywhere(result):
    """The same values without a note of where they were: for what need not be on the device of the run."""
    return result.clone() if isinstance(result, torch.Tensor) else result


# ---------------------------------------------------------------------------------------------------------------------
# Text to numbers
# ---------------------------------------------------------------------------------------------------------------------


@probe
def normalized(student, texts):
    return [student.normalize(text) for text in texts]


def judge_normalize(submission, examples, hint=None):
    results = submission.run(normalized, list(examples))
    assert_close(len(results), len(examples), label="number of texts")
    for (text, expected), result in zip(examples.items(), results, strict=True):
        assert_close(result, expected, label=f"normalize({text!r})", hint=hint)


@points(2, question="normalize")
def test_normalize_other_scripts(submission, draw):
    """Letters that are no a-z with an accent become spaces: other scripts, ligatures, ß, emoji."""
    word = some_words(draw, 1)[0]
    examples = {
        f"{word} Привет, мир! {word}": f"{word} ! {word}",
        f"Straße {word} ẞ": f"stra e {word}",
        f"Łódź {word} Øl": f"odz {word} l",
        f"{word}\ufb01x": f"{word} x",  # the ligature fi has no decomposition in NFD
        f"{word}電影{word}?": f"{word} {word} ?",
        f"😀{word}😀!": f"{word} !",
        "İstanbul Phở Việt": "istanbul pho viet",
        f"λόγος {word} 한국": word,
        f"x² {word} №5 Ⅳ": f"x {word}",
    }
    hint = "NFD, not NFKD; lower(), not casefold(); what is left outside a-z . ! ? becomes one space"
    judge_normalize(submission, examples, hint=hint)


@points(2, question="normalize")
def test_normalize_edges(submission, draw):
    """No double spaces, none at the ends; several marks in a row stand apart; a text of nothing else is empty."""
    one, other = some_words(draw, 2)
    examples = {
        "": "",
        " \n\t ": "",
        "1984": "",
        "!": "!",
        "...": ". . .",
        f"{one} , !": f"{one} !",
        f"{one}  ...  {other}": f"{one} . . . {other}",
        f"?!{one}": f"? !{one}",
        f"{one}...{other}?": f"{one} . . .{other} ?",
        f"{one}\u00a0—\u2009{other}": f"{one} {other}",
        f"\u0301{one}\u0301 .": f"{one} .",
    }
    judge_normalize(submission, examples, hint="a space is put before a mark, none after it")


@probe
def vocabulary(student, token_lists, tokens, ids, min_count):
    words = student.Vocabulary(token_lists, min_count=min_count)
    return len(words), words.encode(tokens), words.decode(ids)


@points("1.5", question="vocabulary")
def test_vocabulary_ties(submission, draw):
    """Words of equal count are in alphabetical order, after those of higher count."""
    words = some_words(draw, 7)
    twice = sorted([*shuffled(draw, words[:-1])[:2], words[-1]])  # the last one, so that counts come before letters
    by_id = [*twice, *(word for word in words if word not in twice)]
    lists = [[word] for word in shuffled(draw, [*words, *twice])]
    _, ids, decoded = submission.run(vocabulary, lists, by_id, list(range(8, 1, -1)), 1)
    assert_close(ids, list(range(2, 9)), label="ids: three words that occur twice, four that occur once")
    assert_close(decoded, by_id[::-1], label="decode([8, 7, 6, 5, 4, 3, 2])")


@points("2", question="vocabulary")
def test_vocabulary_min_count(submission, draw):
    """Words that occur less often than min_count get no id; those that occur exactly so often do."""
    words = shuffled(draw, some_words(draw, 5))
    tokens = [word for number, word in enumerate(words) for _ in range(5 - number)]
    for min_count in (1, 3, 6):
        kept = max(6 - min_count, 0)
        size, ids, _ = submission.run(vocabulary, [shuffled(draw, tokens)], words, [], min_count)
        assert_close(ids, [*range(2, 2 + kept), *[1] * (5 - kept)], label=f"ids with min_count={min_count}")
        assert_close(size, 2 + kept, label=f"len(vocabulary) with min_count={min_count}")


@probe
def two_vocabularies(student, first_list, second_list):
    first = student.Vocabulary([first_list, []])
    second = student.Vocabulary([[], second_list])
    none = student.Vocabulary([])
    both = first_list + second_list
    return [
        [len(each), each.encode(both), each.encode([]), each.decode([]), each.decode(each.encode(both))]
        for each in (first, second, none)
    ]


@points(2, question="vocabulary")
def test_vocabulary_empty_and_separate(submission, draw):
    """Texts without tokens, or no texts at all, are fine; two vocabularies know nothing of each other."""
    words = some_words(draw, 5)
    first, second, none = submission.run(two_vocabularies, words[:3], words[3:])
    decoded = [*words[:3], "<unk>", "<unk>"]
    assert_close(first, [5, [2, 3, 4, 1, 1], [], [], decoded], label="the vocabulary of three words")
    decoded = ["<unk>", "<unk>", "<unk>", *words[3:]]
    assert_close(second, [4, [1, 1, 1, 2, 3], [], [], decoded], label="the vocabulary of two other words")
    assert_close(none, [2, [1] * 5, [], [], ["<unk>"] * 5], label="the vocabulary of no texts")


@probe
def padded(student, sequences):
    tokens, lengths = student.pad_batch(sequences)
    return tokens, lengths


def judge_pad_batch(submission, sequences):
    tokens, lengths = submission.run(padded, sequences)
    longest = max((len(sequence) for sequence in sequences), default=0)
    expected = torch.zeros(longest, len(sequences), dtype=torch.int64)
    for b, sequence in enumerate(sequences):
        for t, number in enumerate(sequence):
            expected[t, b] = number
    assert_close(anywhere(tokens), expected, label=f"tokens of {sequences}", allow_empty=True)
    expected = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    assert_close(anywhere(lengths), expected, label=f"lengths of {sequences}", allow_empty=True)


def sequences_of(draw, lengths, vocab_size=20):
    """Lists of ids other than PAD."""
    return [draw.integers(length, low=1, high=vocab_size).tolist() for length in lengths]


@points("1.5", question="pad_batch")
def test_pad_batch_small(submission, draw):
    """One sequence is a batch, also one of a single id; sequences of equal length need no padding."""
    for lengths in ([4], [1], [3, 3, 3, 3], [1, 1]):
        judge_pad_batch(submission, sequences_of(draw, lengths))


@points(2, question="pad_batch")
def test_pad_batch_empty_sequences(submission, draw):
    """A sequence may be empty, all may, and there may be none."""
    judge_pad_batch(submission, sequences_of(draw, [2, 0, 3]))
    judge_pad_batch(submission, [[], []])
    judge_pad_batch(submission, [])


# ---------------------------------------------------------------------------------------------------------------------
# Elman network
# ---------------------------------------------------------------------------------------------------------------------


@probe
def elman(student, weights, x, hidden):
    rnn = student.ElmanRNN(x.shape[2], hidden.shape[1]).to(x)
    with torch.no_grad():
        for layer, kind in (("ih", "weight"), ("ih", "bias"), ("hh", "weight"), ("hh", "bias")):
            getattr(getattr(rnn, layer), kind).copy_(weights[f"{layer}.{kind}"])
    outputs, last = rnn(x, hidden)
    return outputs, last


@probe
def elman_gradients(student, weights, x, hidden, upstream):
    rnn = student.ElmanRNN(x.shape[2], hidden.shape[1]).to(x)
    with torch.no_grad():
        for layer, kind in (("ih", "weight"), ("ih", "bias"), ("hh", "weight"), ("hh", "bias")):
            getattr(getattr(rnn, layer), kind).copy_(weights[f"{layer}.{kind}"])
    x, hidden = x.clone().requires_grad_(), hidden.clone().requires_grad_()
    outputs, last = rnn(x, hidden)
    ((outputs * upstream).sum() + last.sum()).backward()
    return [x.grad, hidden.grad, rnn.ih.weight.grad, rnn.ih.bias.grad, rnn.hh.weight.grad, rnn.hh.bias.grad]


def elman_weights(draw, i, h, dtype=torch.float64):
    shapes = {"ih.weight": (h, i), "ih.bias": (h,), "hh.weight": (h, h), "hh.bias": (h,)}
    return {name: draw.normal(*shape, scale=0.7, dtype=dtype) for name, shape in shapes.items()}


def elman_outputs(weights, x, hidden):
    """All states after ``hidden``, step by step."""
    outputs = []
    for t in range(x.shape[0]):
        new = x[t] @ weights["ih.weight"].T + weights["ih.bias"] + hidden @ weights["hh.weight"].T + weights["hh.bias"]
        hidden = new.clamp(min=0)
        outputs.append(hidden)
    return torch.stack(outputs)


@points("2.5", question="elman_rnn")
def test_elman_gradients(submission, draw):
    """Gradients reach inputs, first state and all weights, through every step."""
    weights, x, hidden = elman_weights(draw, 3, 6), draw.normal(8, 5, 3), draw.normal(5, 6)
    upstream = draw.normal(8, 5, 6)
    results = submission.run(elman_gradients, weights, x, hidden, upstream)
    leaves = {name: value.clone().requires_grad_() for name, value in {**weights, "x": x, "hidden": hidden}.items()}
    outputs = elman_outputs(leaves, leaves["x"], leaves["hidden"])
    order = ("x", "hidden", "ih.weight", "ih.bias", "hh.weight", "hh.bias")
    loss = (outputs * upstream).sum() + outputs[-1].sum()
    expected = torch.autograd.grad(loss, [leaves[name] for name in order])
    assert_close(len(results), len(order), label="number of gradients")
    for name, result, grad in zip(order, results, expected, strict=True):
        assert_close(result, grad, label=f"gradient of {name}", hint="no detach between the steps")


@points(2, question="elman_rnn")
def test_elman_small_batches(submission, draw):
    """One step, one sequence, no sequences, float32, and inputs that are not contiguous are fine."""
    weights = elman_weights(draw, 3, 4)
    cases = [(draw.normal(t, b, 3), draw.normal(b, 4)) for t, b in ((1, 3), (4, 1), (3, 0))]
    cases.append((draw.normal(5, 2, 3, contiguous=False), draw.normal(4, 2).T))
    for x, hidden in cases:
        outputs, last = submission.run(elman, weights, x, hidden)
        expected = elman_outputs(weights, x, hidden)
        assert_close(outputs, expected, label=f"outputs for x {tuple(x.shape)}", allow_empty=True)
        assert_close(last, expected[-1], label=f"hidden for x {tuple(x.shape)}", allow_empty=True)
    small, x, hidden = {name: each.float() for name, each in weights.items()}, draw.normal(4, 2, 3), draw.normal(2, 4)
    outputs, last = submission.run(elman, small, x.float(), hidden.float())
    expected = elman_outputs(weights, x, hidden).float()
    assert_close([outputs, last], [expected, expected[-1]], rtol=1e-4, atol=1e-5, label="(outputs, hidden) in float32")


# ---------------------------------------------------------------------------------------------------------------------
# LSTM
# ---------------------------------------------------------------------------------------------------------------------

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def lstm_weights(draw, i, h, dtype=torch.float64, scale=0.8):
    shapes = {"weight_ih": (4 * h, i), "weight_hh": (4 * h, h), "bias_ih": (4 * h,), "bias_hh": (4 * h,)}
    return {name: draw.normal(*shape, scale=scale, dtype=dtype) for name, shape in shapes.items()}


def lstm_formula(weights, x, h, c):
    """One step, gate by gate."""
    size = weights["weight_hh"].shape[1]
    gates = []
    for k in range(4):
        rows = slice(k * size, (k + 1) * size)
        incoming = x @ weights["weight_ih"][rows].T + weights["bias_ih"][rows]
        gates.append(incoming + h @ weights["weight_hh"][rows].T + weights["bias_hh"][rows])
    c = torch.sigmoid(gates[1]) * c + torch.sigmoid(gates[0]) * torch.tanh(gates[2])
    return torch.sigmoid(gates[3]) * torch.tanh(c), c


@probe
def lstm_step(student, weights, x, h, c):
    cell = student.LSTMCell(x.shape[1], h.shape[1]).to(x)
    with torch.no_grad():
        for name in weights:
            getattr(cell, name).copy_(weights[name])
    h, c = cell(x, (h, c))
    return h, c


@points("2.5", question="lstm_cell")
def test_lstm_cell_small_batches(submission, draw):
    """One sequence, none, float32, and tensors that are not contiguous are fine."""
    weights = lstm_weights(draw, 3, 5)
    cases = [(draw.normal(b, 3), draw.normal(b, 5), draw.normal(b, 5)) for b in (1, 0)]
    cases.append((draw.normal(3, 4).T, draw.normal(4, 5, contiguous=False), draw.normal(1, 5).expand(4, 5)))
    for case in cases:
        results = submission.run(lstm_step, weights, *case)
        expected = lstm_formula(weights, *case)
        assert_close(results, expected, label=f"(h, c) for x {tuple(case[0].shape)}", allow_empty=True)
    case = draw.normal(4, 3), draw.normal(4, 5), draw.normal(4, 5)
    small = {name: value.float() for name, value in weights.items()}
    h, c = submission.run(lstm_step, small, *(each.float() for each in case))
    expected = [each.float() for each in lstm_formula(weights, *case)]
    assert_close([h, c], expected, rtol=1e-4, atol=1e-5, label="(h, c) in float32")


@points(1, question="lstm_cell")
def test_lstm_cell_saturated(submission, draw):
    """Where the gates are wide open or shut, the result is that of torch.nn.LSTMCell, never NaN."""
    weights = lstm_weights(draw, 3, 5)
    x = torch.cat([draw.normal(4, 3), draw.normal(4, 3, scale=1e4)])
    case = x, draw.normal(8, 5), draw.normal(8, 5)
    results = submission.run(lstm_step, weights, *case)
    hint = "torch.sigmoid and torch.tanh do not overflow"
    assert_close(results, lstm_formula(weights, *case), label="(h, c)", hint=hint)


@probe
def lstm_steps_gradients(student, weights, x, h, c, upstream):
    cell = student.LSTMCell(x.shape[2], h.shape[1]).to(x)
    with torch.no_grad():
        for name in weights:
            getattr(cell, name).copy_(weights[name])
    leaves = [x.clone().requires_grad_(), h.clone().requires_grad_(), c.clone().requires_grad_()]
    h, c = leaves[1:]
    for step in leaves[0]:
        h, c = cell(step, (h, c))
    (h * upstream[0] + c * upstream[1]).sum().backward()
    return [leaf.grad for leaf in leaves] + [getattr(cell, name).grad for name in weights]


def assert_gradients(results, loss, leaves):
    """The gradient of each leaf."""
    expected = torch.autograd.grad(loss, list(leaves.values()))
    assert_close(len(results), len(leaves), label="number of gradients")
    for name, result, grad in zip(leaves, results, expected, strict=True):
        assert_close(result, grad, label=f"gradient of {name}", hint="nothing on the way may be detached or rounded")


@points(3, question="lstm_cell")
def test_lstm_cell_gradients(submission, draw):
    """Gradients go back through 20 steps: to all inputs, to the first state, and to all weights."""
    weights, upstream = lstm_weights(draw, 3, 4), draw.normal(2, 2, 4)
    case = {"x": draw.normal(20, 2, 3), "h": draw.normal(2, 4), "c": draw.normal(2, 4)}
    results = submission.run(lstm_steps_gradients, weights, *case.values(), upstream)
    leaves = {name: value.clone().requires_grad_() for name, value in {**case, **weights}.items()}
    h, c = leaves["h"], leaves["c"]
    for step in leaves["x"]:
        h, c = lstm_formula(leaves, step, h, c)
    assert_gradients(results, (h * upstream[0] + c * upstream[1]).sum(), leaves)


@probe
def run_over_sequences(student, weights, batches):
    results = []
    for x, lengths in batches:
        cell = student.LSTMCell(x.shape[2], weights["weight_hh"].shape[1]).to(x)
        with torch.no_grad():
            for name in weights:
                getattr(cell, name).copy_(weights[name])
        # A step that is known to be right, so that a mistake in the cell does not count here again.
        trusted = torch.nn.LSTMCell(x.shape[2], weights["weight_hh"].shape[1])
        for name in weights:
            setattr(trusted, name, getattr(cell, name))
        cell.forward = trusted.forward
        outputs, last = student.run_lstm(cell, x, lengths)
        results.append((outputs, last))
    return results


def lstm_outputs(weights, x, lengths):
    """Outputs and last states, one sequence after the other."""
    size = weights["weight_hh"].shape[1]
    columns, ends = [], []
    for b, length in enumerate(lengths.tolist()):
        h = c = x.new_zeros(size)
        states = []
        for t in range(length):
            h, c = lstm_formula(weights, x[t, b], h, c)
            states.append(h)
        columns.append(torch.stack([*states, *[x.new_zeros(size)] * (x.shape[0] - length)]))
        ends.append(h)
    if not ends:
        return x.new_zeros(x.shape[0], 0, size), x.new_zeros(0, size)
    return torch.stack(columns, dim=1), torch.stack(ends)


@points("2.5", question="run_lstm")
def test_run_lstm_padding_and_order(submission, draw):
    """What stands in the padding, how much of it there is, and the order of the sequences change nothing."""
    weights, x, lengths = lstm_weights(draw, 3, 4), draw.normal(6, 5, 3), torch.tensor([2, 4, 1, 4, 3])
    other = x.clone()
    for b, length in enumerate(lengths.tolist()):
        other[length:, b] = draw.normal(6 - length, 3, scale=5.0)
    order = draw.permutation(5)
    batches = [(x, lengths), (other, lengths), (x[:4], lengths), (x[:, order], lengths[order])]
    results = submission.run(run_over_sequences, weights, batches)
    assert_close(len(results), len(batches), label="number of results")
    outputs, last = lstm_outputs(weights, x, lengths)
    expected = [(outputs, last), (outputs, last), (outputs[:4], last), (outputs[:, order], last[order])]
    for what, result, each in zip(
        ("", ", other padding", ", less padding", ", other order"), results, expected, strict=True
    ):
        assert_close(result, each, label=f"(outputs, last){what}")


@points("2.5", question="run_lstm")
def test_run_lstm_small_batches(submission, draw):
    """One step, one sequence, no sequences, float32, and inputs that are not contiguous are fine."""
    weights = lstm_weights(draw, 3, 4)
    batches = [(draw.normal(1, 3, 3), torch.tensor([1, 1, 1])), (draw.normal(5, 1, 3), torch.tensor([4]))]
    batches += [(draw.normal(4, 0, 3), torch.tensor([], dtype=torch.int64))]
    batches += [(draw.normal(5, 2, 3, contiguous=False), torch.tensor([3, 5]))]
    for (x, lengths), result in zip(batches, submission.run(run_over_sequences, weights, batches), strict=True):
        expected = lstm_outputs(weights, x, lengths)
        assert_close(result, expected, label=f"(outputs, last) for x {tuple(x.shape)}", allow_empty=True)
    x, lengths = draw.normal(4, 2, 3), torch.tensor([2, 4])
    small = {name: value.float() for name, value in weights.items()}
    (result,) = submission.run(run_over_sequences, small, [(x.float(), lengths)])
    expected = [each.float() for each in lstm_outputs(weights, x, lengths)]
    assert_close(result, expected, rtol=1e-4, atol=1e-5, label="(outputs, last) in float32")


@probe
def run_gradients(student, weights, x, lengths, upstream, upstream_last):
    cell = student.LSTMCell(x.shape[2], weights["weight_hh"].shape[1]).to(x)
    with torch.no_grad():
        for name in weights:
            getattr(cell, name).copy_(weights[name])
    trusted = torch.nn.LSTMCell(x.shape[2], weights["weight_hh"].shape[1])
    for name in weights:
        setattr(trusted, name, getattr(cell, name))
    cell.forward = trusted.forward
    x = x.clone().requires_grad_()
    outputs, last = student.run_lstm(cell, x, lengths)
    ((outputs * upstream).sum() + (last * upstream_last).sum()).backward()
    return [x.grad] + [getattr(cell, name).grad for name in weights]


@points(3, question="run_lstm")
def test_run_lstm_gradients(submission, draw):
    """Through 20 steps gradients reach all inputs and weights, and the padding gets none."""
    weights, x, lengths = lstm_weights(draw, 3, 4), draw.normal(20, 3, 3), torch.tensor([9, 20, 1])
    upstream, upstream_last = draw.normal(20, 3, 4), draw.normal(3, 4)
    results = submission.run(run_gradients, weights, x, lengths, upstream, upstream_last)
    leaves = {name: value.clone().requires_grad_() for name, value in {"x": x, **weights}.items()}
    outputs, last = lstm_outputs(leaves, leaves["x"], lengths)
    assert_gradients(results, (outputs * upstream).sum() + (last * upstream_last).sum(), leaves)


# ---------------------------------------------------------------------------------------------------------------------
# The classifier
# ---------------------------------------------------------------------------------------------------------------------


@probe
def classified(student, sizes, batches):
    model = student.TextClassifier(*sizes).to(dtype=torch.float64, device=batches[0][0].device).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.5)
        return [model(tokens, lengths) for tokens, lengths in batches]


def batch_of(sequences, more_padding=0):
    """Tokens (T, B) and lengths (B,)."""
    tokens = torch.zeros(max(map(len, sequences)) + more_padding, len(sequences), dtype=torch.int64)
    for b, sequence in enumerate(sequences):
        tokens[: len(sequence), b] = torch.tensor(sequence)
    return tokens, torch.tensor([len(sequence) for sequence in sequences])


@points(2, question="text_classifier")
def test_classifier_reads_every_word(submission, draw):
    """Another word at any one place, or two words exchanged, gives other logits."""
    words = draw.permutation(18)[:7] + 1
    sequence, new = words[:6].tolist(), int(words[6])
    changed = [[*sequence[:t], new, *sequence[t + 1 :]] for t in range(6)]
    swapped = [[sequence[1], sequence[0], *sequence[2:]], [*sequence[:4], sequence[5], sequence[4]]]
    (logits,) = submission.run(classified, (20, 5, 64, 4), [batch_of([sequence, *changed, *swapped])])
    assert_close(logits, torch.zeros(9, 4, dtype=torch.float64), atol=1e6, label="logits")  # form only
    different = (logits[1:] - logits[0]).abs().amax(dim=1) > 1e-9
    names = [f"the word at step {t} of 6 is another one" for t in range(6)]
    names += ["the first two words are exchanged", "the last two words are exchanged"]
    for name, moved in zip(names, different.tolist(), strict=True):
        if not moved:
            raise CheckFailure(f"the logits stay the same when {name}", hint="the LSTM must read all steps, in order")


@probe
def dropped(student, sizes, tokens, lengths, dropout):
    model = student.TextClassifier(*sizes, dropout=dropout).to(tokens.device)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.5)
        model.train()
        training = [model(tokens, lengths), model(tokens, lengths)]
        model.eval()
        return training, [model(tokens, lengths), model(tokens, lengths)]


@points(2, question="text_classifier")
def test_classifier_dropout(submission, draw):
    """Dropout makes logits random in training mode only, and none is there unless asked for; float32 stays float32."""
    tokens, lengths = batch_of(sequences_of(draw, [3, 6, 2]))
    form = torch.zeros(3, 2)
    (one, other), still = submission.run(dropped, (20, 8, 10, 2), tokens, lengths, 0.5)
    for logits in (one, other, *still):
        assert_close(logits, form, atol=1e6, label="logits")
    if torch.equal(one, other):
        raise CheckFailure("with dropout=0.5, two passes in training mode give the same logits")
    assert_close(still[1], still[0], rtol=1e-4, atol=1e-5, label="logits of a second pass in evaluation mode")
    if (still[0] - still[0][0]).abs().max() < 1e-6:
        raise CheckFailure("all sequences get the same logits")
    training, still = submission.run(dropped, (20, 8, 10, 2), tokens, lengths, 0.0)
    assert_close(training, [still[0]] * 2, rtol=1e-4, atol=1e-5, label="logits in training mode with dropout=0.0")


@probe
def parameters_before_and_after(student, sizes, tokens, lengths, labels):
    model = student.TextClassifier(*sizes).to(tokens.device).train()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(tokens, lengths), labels).backward()
        optimizer.step()
    return before, [parameter.detach() for parameter in model.parameters()]


@points("1.5", question="text_classifier")
def test_classifier_every_parameter_learns(submission, draw):
    """Every parameter is registered and moves in training; all classes have their score."""
    tokens, lengths = batch_of(sequences_of(draw, [4, 3, 5, 2], 9))
    labels = torch.tensor([2, 0, 1, 4])
    before, after = submission.run(parameters_before_and_after, (9, 4, 5, 5), tokens, lengths, labels)
    if sum(each.numel() for each in before) < 9 * 4 + 4 * 5 * (4 + 5) + 5 * 5:
        raise CheckFailure("the classifier has fewer parameters than an embedding, an LSTM and a linear layer")
    still = [str(tuple(old.shape)) for old, new in zip(before, after, strict=True) if torch.equal(old, new)]
    if still:
        raise CheckFailure("parameters that training does not move", [f"of shape {', '.join(still)}"])


@probe
def embedding_before_and_after(student, pretrained, sizes, freeze, tokens, lengths, labels):
    start = pretrained.clone()
    model = student.TextClassifier(*sizes, pretrained=start, freeze=freeze).to(tokens.device).train()
    untouched = torch.equal(start, pretrained)
    shapes = (tuple(pretrained.shape), tuple(pretrained.T.shape))

    def found():
        tables = [each.detach().clone() for each in model.state_dict().values() if tuple(each.shape) in shapes]
        return [table if tuple(table.shape) == shapes[0] else table.T for table in tables]

    first, logits = found(), model(tokens, lengths).detach()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(tokens, lengths), labels).backward()
        optimizer.step()
    return untouched, first, found(), logits, model(tokens, lengths).detach()


@points(2, question="text_classifier")
def test_classifier_pretrained_and_frozen(submission, draw):
    """Given vectors are where the embedding starts; training moves them, unless they are frozen."""
    sizes, pretrained = (13, 5, 6, 3), draw.normal(13, 5, dtype=torch.float32)
    tokens, lengths = batch_of(sequences_of(draw, [4, 2, 5, 3], 13))
    for freeze in (False, True):
        sent = pretrained, sizes, freeze, tokens, lengths, torch.tensor([0, 2, 1, 0])
        untouched, before, after, logits, trained = submission.run(embedding_before_and_after, *sent)
        # Row 0 is that of the padding, which some set to zero.
        same = [k for k, table in enumerate(before) if torch.equal(table[1:], pretrained[1:])]
        if not same:
            raise CheckFailure(f"with freeze={freeze}, no tensor of state_dict() holds the pretrained vectors")
        if not untouched:
            raise CheckFailure("the constructor changed the pretrained vectors in place")
        if torch.equal(after[same[0]][1:], pretrained[1:]) != freeze:
            raise CheckFailure(f"with freeze={freeze}, training {'moved' if freeze else 'did not move'} the embedding")
        if torch.equal(logits, trained):
            raise CheckFailure(f"with freeze={freeze}, training changes no logits")


# ---------------------------------------------------------------------------------------------------------------------
# Training
# ---------------------------------------------------------------------------------------------------------------------


@probe
def clipped(student, slopes, max_norm):
    parameters = [torch.nn.Parameter(torch.ones_like(slope)) for slope in slopes]
    for parameter, slope in zip(parameters, slopes, strict=True):
        parameter.grad = -slope
    tensors = [parameter.grad for parameter in parameters]
    parameters.insert(1, torch.nn.Parameter(torch.ones(2, 2)))  # has no gradient
    total = student.clip_gradients((parameter for parameter in parameters), max_norm)
    return (
        total,
        tensors,
        [parameter.grad for parameter in parameters],
        [parameter.detach() for parameter in parameters],
    )


def judge_clip(submission, slopes, max_norm, rtol=1e-5):
    total, tensors, grads, values = submission.run(clipped, slopes, max_norm)
    norm = sum(slope.double().square().sum().item() for slope in slopes) ** 0.5
    assert_close(total, norm, rtol=max(1e-6, rtol / 10), label="the norm before clipping")
    expected = [-slope * (min(1.0, max_norm / norm) if norm else 1.0) for slope in slopes]
    assert_close(tensors, expected, rtol=rtol, label="the gradient tensors that were there before")
    assert_close(len(grads), len(slopes) + 1, label="number of parameters")
    assert_close(grads.pop(1), None, label="the gradient of a parameter that has none")
    assert_close(grads, expected, rtol=rtol, label="gradients")
    values.pop(1)
    assert_close(values, [torch.ones_like(slope) for slope in slopes], label="the parameters, which stay as they are")


@points(2, question="clip_gradients")
def test_clip_gradients_generator_and_missing(submission, draw):
    """Parameters may come from a generator, as from model.parameters(); those without a gradient are skipped."""
    judge_clip(submission, [draw.normal(3, 4, scale=4.0), draw.normal(5, scale=4.0), draw.normal(2, 2, 3)], 1.5)
    judge_clip(submission, [draw.normal(4), draw.normal(3, 2, contiguous=False)], 0.5)


@points("1.5", question="clip_gradients")
def test_clip_gradients_edges(submission, draw):
    """float32 stays float32; gradients that are all zero stay zero, and where there are none the norm is 0."""
    judge_clip(submission, [draw.normal(3, 4, scale=4.0).float(), draw.normal(5).float()], 2.0, rtol=1e-4)
    judge_clip(submission, [torch.zeros(3, dtype=torch.float64), torch.zeros(2, 2, dtype=torch.float64)], 1.0)
    total, *_ = submission.run(clipped, [], 1.0)
    assert_close(total, 0.0, label="the norm without any gradient")


@probe
def train_and_predict(student, texts, labels, tests, settings, device):
    """What is predicted after training, where that lies, and the loss at each call of backward meanwhile."""
    losses, backward = [], torch.Tensor.backward

    def noted(loss, *args, **kwargs):
        if loss.numel() == 1:
            losses.append(loss.detach())
        return backward(loss, *args, **kwargs)

    torch.Tensor.backward = noted
    try:
        model = student.train(texts, labels, device=device, **settings)
    finally:
        torch.Tensor.backward = backward
    predicted = [student.predict(model, each, device=device) for each in tests]
    return predicted, [each.device.type for each in predicted], torch.tensor([float(loss) for loss in losses])


def assert_labels(predicted, device, rows, num_classes):
    """(N,) int64 in 0..C-1, on the CPU whatever the device of the run."""
    form = torch.zeros(rows, dtype=torch.int64)
    assert_close(anywhere(predicted), form, atol=1e9, label="predict(...)", allow_empty=True)
    assert_close(device, "cpu", label="the device of what predict returns")
    if rows and not 0 <= int(predicted.min()) <= int(predicted.max()) < num_classes:
        raise CheckFailure(f"predict(...) returned a class that is not in 0..{num_classes - 1}")


def told_apart(draw):
    """Texts of three classes that have no word in common, their labels, and texts that mix all words."""
    words = shuffled(draw, some_words(draw, 6))
    labels = draw.labels(240, 3)
    texts = [" ".join(draw.choice(words[2 * k :][:2]) for _ in range(2 + i % 4)) for i, k in enumerate(labels.tolist())]
    return texts, labels, [" ".join(draw.choice(words) for _ in range(2 + i % 7)) for i in range(100)]


def assert_learned(predicted, labels):
    """Who gives all texts the same class is steady, too."""
    right = (predicted[: len(labels)] == labels).double().mean().item()
    if right < 0.9:
        details = [f"{right:.2f} of the texts that it was trained on are right; guessing gives 0.33"]
        raise CheckFailure("three classes that have no word in common were not learned", details)


@probe
def train_with_seeds(student, texts, labels, unseen, seeds, device):
    predicted = []
    for seed in seeds:
        model = student.train(texts, labels, num_classes=3, epochs=8, seed=seed, device=device)
        predicted.append(student.predict(model, unseen, device=device))
        torch.rand(3)  # whoever else draws random numbers must not matter
    return predicted


@points("1.5", question="train")
def test_train_same_seed(submission, draw):
    """On the CPU the same seed gives the same predictions; two epochs are twice as many steps as one."""
    texts, labels, mixed = told_apart(draw)
    seed = draw.seed()
    sent = texts, labels.tolist(), texts + mixed, [seed] * 3, str(submission.device)
    first, *others = submission.run(train_with_seeds, *sent)
    for predicted in (first, *others):
        assert_labels(predicted, "cpu", 340, 3)
        assert_learned(predicted, labels)
        if submission.device.type == "cpu":
            assert_close(predicted, first, label=f"predictions of another training with seed {seed}")
    runs = [{"num_classes": 3, "epochs": epochs, "seed": seed} for epochs in (1, 2)]
    one, two = (len(submission.run(train_and_predict, *sent[:2], [], run, sent[-1])[-1]) for run in runs)
    if two != 2 * one:  # none at all where gradients come from elsewhere
        details = [f"loss.backward() was called {one} times with epochs=1, {two} times with epochs=2"]
        raise CheckFailure("train takes not twice as many steps in two epochs as in one", details)


@points("1.5", question="train")
def test_predict_is_steady(submission, draw):
    """A text gets the same class alone, in a batch, in another order, and when asked again."""
    texts, labels, mixed = told_apart(draw)
    order = draw.permutation(100)
    tests = [texts, mixed, mixed, [mixed[i] for i in order], *([text] for text in mixed[:12])]
    settings = {"num_classes": 3, "epochs": 8, "seed": draw.seed()}
    sent = texts, labels.tolist(), tests, settings, str(submission.device)
    results, devices, _ = submission.run(train_and_predict, *sent)
    for predicted, device, each in zip(results, devices, tests, strict=True):
        assert_labels(predicted, device, len(each), 3)
    known, first, again, moved, *alone = map(anywhere, results)
    assert_learned(known, labels)
    assert_close(again, first, label="predict, asked again", hint="evaluation mode: no dropout")
    assert_close(moved, first[order], label="predict of the texts in another order")
    assert_close(torch.cat(alone), first[:12], label="predict of 12 texts one by one")


TRAIN, TEST, EPOCHS = 2000, 1000, 10


def secret_seed(draw):
    """A seed that can't be found by trying: made of words that nobody is ever sent."""
    return "".join(draw.fresh_words([f"word{number}" for number in range(20)]).fresh.values())


@timeout(120)
@points(5, question="train")
def test_train_reaches_the_bar(submission, draw, bars, dataset):
    """Trained on fresh sentences of made-up words, it classifies unseen ones: the median of three trainings."""
    data = load_text(dataset)

    def chosen(draw, texts, labels, count):
        picked = draw.permutation(len(texts))[:count].tolist()
        return [texts[i] for i in picked], [labels[i] for i in picked]

    def trial(draw):
        if dataset == "movies":
            texts, labels = movies(TRAIN, secret_seed(draw))
            unseen, answers = movies(TEST, secret_seed(draw), avoid=bags_of(texts))
        else:
            texts, labels = chosen(draw, data.train_texts, data.train_labels, TRAIN)
            unseen, answers = chosen(draw, data.test_texts, data.test_labels, TEST)
        words = WORDS if dataset == "movies" else re.findall(r"[^\W_]+", " ".join([*texts, *unseen]).lower())
        renaming = draw.fresh_words(words)
        settings = {"num_classes": data.num_classes, "epochs": EPOCHS, "seed": draw.seed()}
        sent = renaming.renamed(texts), labels, [renaming.renamed(unseen)]
        (predicted,), (device,), losses = submission.run(train_and_predict, *sent, settings, str(submission.device))
        show_curve("Loss in training", losses, x="epoch", y="mean loss", parts=EPOCHS, for_students=True)
        assert_labels(predicted, device, len(unseen), data.num_classes)
        truth, names = torch.tensor(answers), data.classes or range(data.num_classes)
        show_confusion("Unseen sentences", truth, predicted, names=names, for_students=True)
        return (predicted == truth).double().mean().item()

    hint = "a model that is blind to word order stays at about 0.6; print the loss after each epoch"
    bars["accuracy"].judge(trial, what=f"accuracy on {TEST:,} unseen sentences", hint=hint)
