"""Public tests of lstm_text: run `pytest`, or `pytest -k run_lstm` for one question.

Recurrent networks get their weights from the tests and are compared with a loop over single sequences. How your
classifier is built is your business: it is judged by what must not change its logits, and by what must.
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


def anywhere(result):
    """The same values without a note of where they were: for what need not be on the device of the run."""
    return result.clone() if isinstance(result, torch.Tensor) else result


def shuffled(draw, items):
    return [items[i] for i in draw.permutation(len(items)).tolist()]


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
def test_normalize_plain_text(submission, draw):
    """Letters are lowered, . ! ? stand apart from the word before them, and all else becomes single spaces."""
    one, other = some_words(draw, 2)
    examples = {
        f"{one.upper()} {other}": f"{one} {other}",
        f"{one}, {other}.": f"{one} {other} .",
        f"  {one}\t7 \n {other}!  ": f"{one} {other} !",
        f"{one}-{other}?!": f"{one} {other} ? !",
        f"({one}) it's {other}_2": f"{one} it s {other}",
    }
    judge_normalize(
        submission, examples, hint="first the spaces before . ! ?, then runs of other characters, then the ends"
    )


@points(2, question="normalize")
def test_normalize_accents(submission):
    """Accents are stripped from their letters, in either of the forms in which Unicode writes them."""
    examples = {
        "Café Ünïque": "cafe unique",
        "Cafe\u0301 U\u0308": "cafe u",
        "Ångström, señor!": "angstrom senor !",
        "À BIENTÔT": "a bientot",
    }
    judge_normalize(submission, examples, hint='unicodedata.normalize("NFD", text) takes letters and accents apart')


@probe
def vocabulary(student, token_lists, tokens, ids, min_count):
    words = student.Vocabulary(token_lists) if min_count is None else student.Vocabulary(token_lists, min_count)
    constants = [student.Vocabulary.PAD, student.Vocabulary.UNK, words.PAD, words.UNK]
    return len(words), words.encode(tokens), words.decode(ids), constants


@points("2.5", question="vocabulary")
def test_vocabulary_ids_by_count(submission, draw):
    """The most frequent word gets id 2, the next one 3, and so on, whatever the order in which they come."""
    by_count = shuffled(draw, some_words(draw, 6))
    tokens = shuffled(draw, [word for number, word in enumerate(by_count) for _ in range(9 - number)])
    size, ids, words, _ = submission.run(
        vocabulary, [tokens[:11], tokens[11:15], tokens[15:]], by_count, [7, 2, 4], None
    )
    assert_close(ids, [2, 3, 4, 5, 6, 7], label="ids of the words by falling count", hint="ids 0 and 1 are PAD and UNK")
    assert_close(words, [by_count[5], by_count[0], by_count[2]], label="decode([7, 2, 4])")
    assert_close(size, 8, label="len(vocabulary) of 6 words", hint="PAD and UNK count")


@points(2, question="vocabulary")
def test_vocabulary_pad_and_unknown(submission, draw):
    """PAD is 0 and UNK is 1, two ids; words that are not in the vocabulary get UNK."""
    known, new, newer = shuffled(draw, some_words(draw, 3))
    _, ids, words, constants = submission.run(vocabulary, [[known]], [new, known, newer, new], [0, 1, 2, 1, 0], None)
    assert_close(constants, [0, 1, 0, 1], label="PAD, UNK")
    assert_close(ids, [1, 2, 1, 1], label="encode of an unknown, a known and two unknown words")
    assert_close(words, ["<pad>", "<unk>", known, "<unk>", "<pad>"], label="decode([0, 1, 2, 1, 0])")


@probe
def padded(student, sequences):
    tokens, lengths = student.pad_batch(sequences)
    return tokens, lengths


def judge_pad_batch(submission, sequences):
    tokens, lengths = submission.run(padded, sequences)
    steps = max(map(len, sequences), default=0)
    expected = torch.zeros(steps, len(sequences), dtype=torch.int64)
    for b, sequence in enumerate(sequences):
        for t, number in enumerate(sequence):
            expected[t, b] = number
    hint = "time comes first: column b of (T, B) is sequence b, then zeros"
    assert_close(anywhere(tokens), expected, label="tokens", hint=hint, allow_empty=True)
    expected = torch.tensor([len(sequence) for sequence in sequences], dtype=torch.int64)
    assert_close(anywhere(lengths), expected, label="lengths", allow_empty=True)


def sequences_of(draw, lengths, vocab_size=20):
    """Lists of ids other than PAD."""
    return [draw.integers(length, low=1, high=vocab_size).tolist() for length in lengths]


@points("3.5", question="pad_batch")
def test_pad_batch_values(submission, draw):
    """Each column is a sequence, in the order given, filled up with zeros to the longest; lengths say where it ends."""
    judge_pad_batch(submission, sequences_of(draw, [3, 5, 1, 4]))
    judge_pad_batch(submission, sequences_of(draw, [6, 2]))


# ---------------------------------------------------------------------------------------------------------------------
# Recurrent networks
# ---------------------------------------------------------------------------------------------------------------------


@probe
def elman(student, weights, x, hidden):
    rnn = student.ElmanRNN(x.shape[2], hidden.shape[1]).to(x)
    with torch.no_grad():
        for layer, kind in (("ih", "weight"), ("ih", "bias"), ("hh", "weight"), ("hh", "bias")):
            getattr(getattr(rnn, layer), kind).copy_(weights[f"{layer}.{kind}"])
    outputs, last = rnn(x, hidden)
    return outputs, last


def elman_weights(draw, i, h):
    shapes = {"ih.weight": (h, i), "ih.bias": (h,), "hh.weight": (h, h), "hh.bias": (h,)}
    return {name: draw.normal(*shape, scale=0.7) for name, shape in shapes.items()}


def elman_outputs(weights, x, hidden):
    """All states after ``hidden``, step by step."""
    outputs = []
    for t in range(x.shape[0]):
        new = x[t] @ weights["ih.weight"].T + weights["ih.bias"] + hidden @ weights["hh.weight"].T + weights["hh.bias"]
        hidden = new.clamp(min=0)
        outputs.append(hidden)
    return torch.stack(outputs)


@points(3, question="elman_rnn")
def test_elman_outputs(submission, draw):
    """The output at each step is the rectified sum of what comes in and of what is remembered."""
    weights, x, hidden = elman_weights(draw, 3, 6), draw.normal(4, 5, 3), draw.normal(5, 6)
    outputs, _ = submission.run(elman, weights, x, hidden)
    hint = "h <- relu(ih(x_t) + hh(h)), starting from the hidden state that is handed in"
    assert_close(outputs, elman_outputs(weights, x, hidden), label="outputs", hint=hint)


@points("1.5", question="elman_rnn")
def test_elman_hidden(submission, draw):
    """The second result is the state after the last step, which goes on where the sequence goes on."""
    weights, x, hidden = elman_weights(draw, 3, 6), draw.normal(4, 5, 3), draw.normal(5, 6)
    _, middle = submission.run(elman, weights, x[:1], hidden)
    expected = elman_outputs(weights, x, hidden)
    assert_close(middle, expected[0], label="hidden after one step")
    _, last = submission.run(elman, weights, x[1:], middle)
    assert_close(last, expected[-1], label="hidden after the other 3 steps, from there")


NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def lstm_weights(draw, i, h):
    shapes = {"weight_ih": (4 * h, i), "weight_hh": (4 * h, h), "bias_ih": (4 * h,), "bias_hh": (4 * h,)}
    return {name: draw.normal(*shape, scale=0.8) for name, shape in shapes.items()}


def torch_cell(weights):
    """torch.nn.LSTMCell with these weights."""
    cell = torch.nn.LSTMCell(weights["weight_ih"].shape[1], weights["weight_hh"].shape[1], dtype=torch.float64)
    cell.load_state_dict(weights)
    return cell


@probe
def lstm_step(student, weights, x, h, c):
    cell = student.LSTMCell(x.shape[1], h.shape[1]).to(x)
    with torch.no_grad():
        for name in weights:
            getattr(cell, name).copy_(weights[name])
    h, c = cell(x, (h, c))
    return h, c


@probe
def lstm_parameters(student, input_size, hidden_size):
    first, second = (student.LSTMCell(input_size, hidden_size) for _ in range(2))
    weights = [[cell.weight_ih, cell.weight_hh] for cell in (first, second)]
    return [[name, list(p.shape)] for name, p in first.named_parameters()], *weights


@points(2, question="lstm_cell")
def test_lstm_cell_parameters(submission):
    """A cell registers the four parameters of torch.nn.LSTMCell, of the same shapes, with small random weights."""
    shapes, first, second = submission.run(lstm_parameters, 3, 5)
    expected = [["bias_hh", [20]], ["bias_ih", [20]], ["weight_hh", [20, 5]], ["weight_ih", [20, 3]]]
    hint = "only an nn.Parameter that is set as an attribute of the module is registered"
    assert_close(sorted(shapes), expected, label="named_parameters() of LSTMCell(3, 5)", hint=hint)
    for name, columns, *weights in zip(("weight_ih", "weight_hh"), (3, 5), first, second, strict=True):
        assert_close(anywhere(weights[0]), torch.zeros(20, columns), atol=1e9, label=f"{name} of a new LSTMCell")
        if (largest := weights[0].abs().max().item()) > 4.5:  # ten times PyTorch's own
            details = [f"the largest of {name} is {largest:.1f}"]
            raise CheckFailure("a new LSTMCell has large weights", details, hint="draw within 1 / sqrt(hidden_size)")
        if torch.equal(*weights):
            raise CheckFailure(f"two new LSTMCells have the same {name}", hint="draw the weights at random")


@points(4, question="lstm_cell")
def test_lstm_cell_step(submission, draw):
    """With the same weights, one step gives what torch.nn.LSTMCell gives."""
    weights, x, h, c = lstm_weights(draw, 3, 5), draw.normal(4, 3), draw.normal(4, 5), draw.normal(4, 5)
    new_h, new_c = submission.run(lstm_step, weights, x, h, c)
    with torch.no_grad():
        expected_h, expected_c = torch_cell(weights)(x, (h, c))
    hint = "rows 0..H-1 are the input gate, then forget gate, candidate g, output gate; c = f c + i g, h = o tanh(c)"
    assert_close(new_c, expected_c, label="c", hint=hint)
    assert_close(new_h, expected_h, label="h", hint=hint)


@probe
def lstm_step_without_torch(student, weights, x, h, c):
    kinds = (torch.nn.LSTMCell, torch.nn.LSTM, torch.nn.GRUCell, torch.nn.GRU, torch.nn.RNNCell, torch.nn.RNN)
    forwards = [kind.forward for kind in kinds]

    def refuse(self, *args, **kwargs):
        raise RuntimeError(f"torch.nn.{type(self).__name__} was used")

    try:
        for kind in kinds:
            kind.forward = refuse
        cell = student.LSTMCell(x.shape[1], h.shape[1]).to(x)
        with torch.no_grad():
            for name in weights:
                getattr(cell, name).copy_(weights[name])
        h, c = cell(x, (h, c))
    finally:
        for kind, forward in zip(kinds, forwards, strict=True):
            kind.forward = forward
    return h, c


@points("1.5", question="lstm_cell")
def test_lstm_cell_without_torch_rnn(submission, draw):
    """It works where the recurrent classes of torch.nn refuse to."""
    weights, x, h, c = lstm_weights(draw, 2, 3), draw.normal(4, 2), draw.normal(4, 3), draw.normal(4, 3)
    new_h, new_c = submission.run(lstm_step_without_torch, weights, x, h, c)
    with torch.no_grad():
        expected = torch_cell(weights)(x, (h, c))
    assert_close([new_h, new_c], list(expected), label="(h, c)")


@probe
def run_over_sequences(student, weights, x, lengths):
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
    return outputs, last


def lstm_outputs(weights, x, lengths):
    """Outputs and last states, one sequence after the other."""
    cell, size = torch_cell(weights), weights["weight_hh"].shape[1]
    outputs = torch.zeros(x.shape[0], x.shape[1], size, dtype=torch.float64)
    last = torch.zeros(x.shape[1], size, dtype=torch.float64)
    with torch.no_grad():
        for b, length in enumerate(lengths.tolist()):
            h = c = torch.zeros(1, size, dtype=torch.float64)
            for t in range(length):
                h, c = cell(x[t, b : b + 1], (h, c))
                outputs[t, b] = h[0]
            last[b] = h[0]
    return outputs, last


@points("3.5", question="run_lstm")
def test_run_lstm_outputs(submission, draw):
    """The outputs of each sequence are those that it has alone, and zero past its length."""
    weights, x, lengths = lstm_weights(draw, 3, 4), draw.normal(5, 4, 3), torch.tensor([2, 5, 1, 4])
    outputs, _ = submission.run(run_over_sequences, weights, x, lengths)
    expected, _ = lstm_outputs(weights, x, lengths)
    assert_close(outputs, expected, label="outputs", hint="x is (T, B, I): step t of all sequences is x[t]")


@points("2.5", question="run_lstm")
def test_run_lstm_last(submission, draw):
    """The last state of each sequence is the one after its own last step, not after the padding."""
    weights, x, lengths = lstm_weights(draw, 3, 4), draw.normal(5, 4, 3), torch.tensor([3, 1, 5, 2])
    _, last = submission.run(run_over_sequences, weights, x, lengths)
    _, expected = lstm_outputs(weights, x, lengths)
    assert_close(last, expected, label="last", hint="sequence b ends at step lengths[b] - 1")


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


def assert_logits(logits, rows, classes):
    """Their form, and that not all sequences get the same."""
    assert_close(logits, torch.zeros(rows, classes, dtype=torch.float64), atol=1e6, label="logits")
    if (logits - logits[0]).abs().max() < 1e-9:
        raise CheckFailure("all sequences get the same logits")


@points("2.5", question="text_classifier")
def test_classifier_batch_order(submission, draw):
    """The order of the sequences in a batch is of no matter: each keeps its own logits."""
    sequences = sequences_of(draw, [4, 2, 6, 1, 3])
    order = [3, 2, 0, 4, 1]
    batches = [batch_of(sequences), batch_of([sequences[b] for b in order])]
    logits, moved = submission.run(classified, (20, 5, 6, 3), batches)
    assert_logits(logits, 5, 3)
    assert_close(moved, logits[order], label="logits of the batch in another order", hint="who sorts must sort back")


@points(3, question="text_classifier")
def test_classifier_padding(submission, draw):
    """More padding than needed changes nothing, and a sequence alone has the same logits as in a batch."""
    sequences = sequences_of(draw, [5, 2, 4, 1])
    batches = [batch_of(sequences), batch_of(sequences, more_padding=3), *(batch_of([each]) for each in sequences)]
    logits, more, *alone = submission.run(classified, (20, 5, 6, 3), batches)
    assert_logits(logits, 4, 3)
    assert_close(more, logits, label="logits with more padding", hint="read each sequence at its own end")
    assert_close(alone, [row[None] for row in logits], label="logits of each sequence alone")


@probe
def fitted(student, sizes, tokens, lengths, labels, steps):
    torch.manual_seed(0)
    model = student.TextClassifier(*sizes).to(tokens.device).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(tokens, lengths), labels)
        if loss < 0.05:  # so low that not one of them can be wrong
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return model.eval()(tokens, lengths)


@points(3, question="text_classifier")
def test_classifier_learns_word_order(submission, draw):
    """Trained on a few sequences and on the same ones backwards, it learns to tell them apart."""
    # All begin and end with the same word, so that neither tells anything.
    sequences = [[15, *some, 15] for some in sequences_of(draw, [2, 4, 3, 5], 15) if some != some[::-1]]
    both = [*sequences, *(sequence[::-1] for sequence in sequences)]
    labels = torch.arange(2).repeat_interleave(len(sequences))
    logits = submission.run(fitted, (16, 8, 16, 2), *batch_of(both), labels, 200)
    assert_close(logits, torch.zeros(len(both), 2), atol=1e6, label="logits")  # form only
    if (logits.sum(dim=1) - 1).abs().max() < 1e-3 and logits.min() >= 0:
        raise CheckFailure("each row adds up to 1: probabilities, not logits", hint="leave softmax to the loss")
    if wrong := int((logits.argmax(dim=1) != labels).sum()):
        details = [f"{wrong} of {len(both)} are still wrong after 200 steps of Adam, learning rate 0.02"]
        hint = "all steps of a sequence must be read, in their order"
        raise CheckFailure("the classifier can't tell sequences from their reversals", details, hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Training
# ---------------------------------------------------------------------------------------------------------------------


@probe
def clipped(student, slopes, max_norm):
    parameters = [torch.nn.Parameter(torch.zeros_like(slope)) for slope in slopes]
    for parameter, slope in zip(parameters, slopes, strict=True):
        parameter.grad = -slope
    total = student.clip_gradients(parameters, max_norm)
    return total, [parameter.grad for parameter in parameters]


def judge_clip(submission, slopes, max_norm):
    total, grads = submission.run(clipped, slopes, max_norm)
    norm = sum(slope.square().sum().item() for slope in slopes) ** 0.5
    assert_close(total, norm, rtol=1e-6, label="the norm before clipping", hint="one norm of all gradients together")
    expected = [-slope * min(1.0, max_norm / norm) for slope in slopes]
    assert_close(grads, expected, rtol=1e-5, label="gradients")  # torch divides by norm + 1e-6


@points(3, question="clip_gradients")
def test_clip_gradients_scales(submission, draw):
    """Gradients that are too large together are scaled by one factor, to the norm allowed; their norm comes back."""
    judge_clip(submission, [draw.normal(3, 4, scale=4.0), draw.normal(5, scale=4.0)], 2.5)


@points("1.5", question="clip_gradients")
def test_clip_gradients_keeps_small_ones(submission, draw):
    """Gradients that are small enough together stay as they are; their norm comes back all the same."""
    judge_clip(submission, [draw.normal(3, 4), draw.normal(5)], 50.0)


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


@points(2, question="train")
def test_predict_any_texts(submission, draw):
    """After training, any texts get a class: unseen words, an empty string, one text, none at all."""
    words = shuffled(draw, some_words(draw, 9))
    kinds = [words[:2], words[2:4], words[4:6]]  # each class has words of its own: easily told
    labels = draw.labels(240, 3)
    texts = [
        " ".join(draw.choice(kinds[label]) for _ in range(int(draw.integers(high=4)) + 2)) for label in labels.tolist()
    ]
    odd = [f"{words[6]} {words[7]} {words[8]}.", "", words[0], "...", f"{words[6]}!"]
    settings = {"num_classes": 3, "epochs": 10, "seed": draw.seed()}
    tests = [texts, odd, [words[7]], []]
    results, devices, _ = submission.run(
        train_and_predict, texts, labels.tolist(), tests, settings, str(submission.device)
    )
    for each, predicted, device in zip(tests, results, devices, strict=True):
        assert_labels(predicted, device, len(each), 3)
    right = (results[0] == labels).double().mean().item()
    if right < 0.9:
        details = [f"{right:.2f} of the texts that it was trained on are right; guessing gives 0.33"]
        raise CheckFailure("three classes that have no word in common were not learned", details)


TRAIN, TEST, EPOCHS = 2000, 1000, 10


def secret_seed(draw):
    """A seed that can't be found by trying: made of words that nobody is ever sent."""
    return "".join(draw.fresh_words([f"word{number}" for number in range(20)]).fresh.values())


@timeout(120)
@points(4, question="train")
def test_train_on_the_public_set(submission, draw, bars, dataset):
    """Trained on the public training set, with all words renamed, it classifies unseen sentences."""
    data = load_text(dataset)

    def trial(draw):
        chosen = draw.permutation(len(data.train_texts))[:TRAIN].tolist()
        texts, labels = [data.train_texts[i] for i in chosen], [data.train_labels[i] for i in chosen]
        if dataset == "movies":
            unseen, answers = movies(TEST, secret_seed(draw), avoid=bags_of(texts))
        else:
            picked = draw.permutation(len(data.test_texts))[:TEST].tolist()
            unseen, answers = [data.test_texts[i] for i in picked], [data.test_labels[i] for i in picked]
        words = WORDS if dataset == "movies" else re.findall(r"[^\W_]+", " ".join([*texts, *unseen]).lower())
        renaming = draw.fresh_words(words)
        settings = {"num_classes": data.num_classes, "epochs": EPOCHS, "seed": draw.seed()}
        sent = renaming.renamed(texts), labels, [renaming.renamed(unseen)]
        (predicted,), (device,), losses = submission.run(train_and_predict, *sent, settings, str(submission.device))
        show_curve("Loss in training", losses, x="epoch", y="mean loss", parts=EPOCHS)
        assert_labels(predicted, device, len(unseen), data.num_classes)
        truth, names = torch.tensor(answers), data.classes or range(data.num_classes)
        show_confusion("Unseen sentences", truth, predicted, names=names)
        return (predicted == truth).double().mean().item()

    hint = "a model that is blind to word order stays at about 0.6; print the loss after each epoch"
    bars["accuracy"].judge(trial, trials=1, what=f"accuracy on {TEST:,} unseen sentences", hint=hint)
