"""Hidden tests of seq2seq_attention: gradients, edges, small batches, other memory layouts, and training.

Expected values come from formulas over single messages, from torch.nn.GRU, and from differences, in float64.
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


@probe
def loss_gradient(student, logits, targets, mask, factor):
    logits = logits.clone().requires_grad_()
    (factor * student.masked_cross_entropy(logits, targets, mask)).backward()
    return logits.grad


@points(3, question="masked_cross_entropy")
def test_loss_gradient(submission, draw):
    """The gradient is right at the positions that count, and 0 at all others."""
    logits, targets = draw.normal(5, 3, 6), with_zero(draw.integers(5, 3, high=6))
    mask, factor = valid_steps(torch.tensor([4, 2, 5]), 5), float(draw.uniform(low=2.0, high=3.0))
    result = submission.run(loss_gradient, logits, targets, mask, factor)
    leaf = logits.clone().requires_grad_()
    (expected,) = torch.autograd.grad(factor * loss_by_hand(leaf, targets, mask), leaf)
    assert_close(result, expected, label="gradient of the logits", hint="nothing on the way may be detached")


@points(2, question="masked_cross_entropy")
def test_loss_small_and_odd_batches(submission, draw):
    """One column, one step, a single True position, float32, and tensors that are not contiguous are fine."""
    cases = []
    for steps, rows in ((4, 1), (1, 3), (1, 1)):
        mask = torch.ones(steps, rows, dtype=torch.bool)
        cases.append((draw.normal(steps, rows, 5), with_zero(draw.integers(steps, rows, high=5)), mask))
    single = torch.zeros(4, 3, dtype=torch.bool)
    single[2, 1] = True
    cases.append((draw.normal(4, 3, 5), draw.integers(4, 3, high=5), single))
    mask = draw.noncontiguous(valid_steps(torch.tensor([2, 4, 1]), 4))
    cases.append((draw.normal(4, 3, 5, contiguous=False), draw.integers(3, 4, high=5).T, mask))
    for logits, targets, mask in cases:
        loss = submission.call("masked_cross_entropy", logits, targets, mask)
        assert_close(loss, loss_by_hand(logits, targets, mask), label=f"the loss of logits {tuple(logits.shape)}")
        loss = submission.call("masked_cross_entropy", logits.float(), targets, mask)
        expected = loss_by_hand(logits.float(), targets, mask).float()
        assert_close(loss, expected, rtol=1e-4, label=f"the loss of float32 logits {tuple(logits.shape)}")


@points("1.5", question="masked_cross_entropy")
def test_loss_large_logits(submission, draw):
    """Logits of some thousands give a finite loss, and the right one."""
    logits, targets = draw.normal(4, 3, 6, scale=3000.0), with_zero(draw.integers(4, 3, high=6))
    mask = valid_steps(torch.tensor([4, 2, 3]), 4)
    loss = submission.call("masked_cross_entropy", logits, targets, mask)
    hint = "the logarithm of a softmax that has become 0 is -inf: use log_softmax or cross_entropy"
    assert_close(loss, loss_by_hand(logits, targets, mask), label="masked_cross_entropy", hint=hint)


# ---------------------------------------------------------------------------------------------------------------------
# Attention
# ---------------------------------------------------------------------------------------------------------------------


@probe
def attended(student, method, weights, batches):
    results = []
    for query, keys, lengths in batches:
        attention = student.Attention(method, query.shape[1]).to(dtype=query.dtype, device=query.device)
        with torch.no_grad():
            if "W" in weights:
                attention.W.weight.copy_(weights["W"])
            if "v" in weights:
                attention.v.copy_(weights["v"])
            results.append(attention(query, keys, lengths))
    return results


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


METHODS = ("dot", "general", "concat")


@points(3, question="attention")
def test_attention_padding_and_order(submission, draw):
    """What stands in the padding, how much of it there is, and the order of the messages change no weight."""
    query, keys, lengths = draw.normal(5, 4), draw.normal(6, 5, 4), torch.tensor([2, 4, 1, 4, 3])
    other = torch.where(valid_steps(lengths, 6)[..., None], keys, draw.normal(6, 5, 4, scale=4.0))
    order = draw.permutation(5)
    batches = [
        (query, keys, lengths),
        (query, other, lengths),
        (query, keys[:4], lengths),
        (query[order], keys[:, order], lengths[order]),
    ]
    for method in METHODS:
        weights = attention_weights(draw, method, 4)
        results = submission.run(attended, method, weights, batches)
        expected = attention_by_hand(method, weights, query, keys, lengths)
        expected = [expected, expected, expected[:, :4], expected[order]]
        for what, result, each in zip(
            ("", ", other padding", ", less padding", ", other order"), results, expected, strict=True
        ):
            assert_close(result, each, label=f"weights ({method}{what})")
            if (result[each == 0] != 0).any():
                raise CheckFailure(f"weights past the length are not exactly 0 ({method}{what})")


@points(2, question="attention")
def test_attention_small_batches(submission, draw):
    """One message, one step, no messages, float32, and tensors that are not contiguous are fine."""
    none = torch.empty(0, dtype=torch.int64)
    batches = [
        (draw.normal(1, 4), draw.normal(5, 1, 4), torch.tensor([3])),
        (draw.normal(3, 4), draw.normal(1, 3, 4), torch.tensor([1, 1, 1])),
        (draw.normal(0, 4), draw.normal(3, 0, 4), none),
        (draw.normal(4, 2).T, draw.normal(5, 2, 4, contiguous=False), torch.tensor([5, 2])),
        (draw.normal(3, 4), draw.normal(3, 5, 4).transpose(0, 1), torch.tensor([1, 5, 4])),
    ]
    for method in METHODS:
        weights = attention_weights(draw, method, 4)
        for batch, result in zip(batches, submission.run(attended, method, weights, batches), strict=True):
            expected = attention_by_hand(method, weights, *batch)
            assert_close(result, expected, label=f"weights ({method}, keys {tuple(batch[1].shape)})", allow_empty=True)
        query, keys, lengths = draw.normal(3, 4), draw.normal(5, 3, 4), torch.tensor([5, 2, 3])
        small = {name: each.float() for name, each in weights.items()}
        (result,) = submission.run(attended, method, small, [(query.float(), keys.float(), lengths)])
        expected = attention_by_hand(method, weights, query, keys, lengths).float()
        assert_close(result, expected, rtol=1e-3, atol=1e-5, label=f"weights ({method}, float32)")


@points(1, question="attention")
def test_attention_large_scores(submission, draw):
    """Scores of many thousands give weights, not NaN; so do scores that are all far below 0."""
    query, lengths = draw.away_from_kinks(3, 4, scale=300.0, gap=30.0), torch.full((3,), 5)
    near, far = query.sign() * 80.0, query.sign() * -80.0
    for steps in ([far, near, far, near, far], [3 * far, far, 2 * far, far, 3 * far]):
        (result,) = submission.run(attended, "dot", {}, [(query, torch.stack(steps), lengths)])
        expected = torch.tensor([[0.0, 0.5, 0.0, 0.5, 0.0]], dtype=torch.float64).repeat(3, 1)
        hint = "exp of a large number is infinite: torch.softmax subtracts the maximum first"
        assert_close(result, expected, label="weights", hint=hint)


@probe
def attention_gradients(student, method, weights, query, keys, lengths, upstream):
    attention = student.Attention(method, query.shape[1]).to(query)
    with torch.no_grad():
        if "W" in weights:
            attention.W.weight.copy_(weights["W"])
        if "v" in weights:
            attention.v.copy_(weights["v"])
    query, keys = query.clone().requires_grad_(), keys.clone().requires_grad_()
    (attention(query, keys, lengths) * upstream).sum().backward()
    own = {"W": lambda: attention.W.weight.grad, "v": lambda: attention.v.grad}
    return [query.grad, keys.grad, *(own[name]() for name in weights)]


@points("3.5", question="attention")
def test_attention_gradients(submission, draw):
    """Gradients reach query, keys and weights by each method; the padding gets none."""
    lengths, upstream = torch.tensor([3, 5, 1]), draw.normal(3, 5)
    for method in METHODS:
        case = {"query": draw.normal(3, 4), "keys": draw.normal(5, 3, 4)}
        weights = attention_weights(draw, method, 4)
        results = submission.run(attention_gradients, method, weights, *case.values(), lengths, upstream)
        leaves = {name: value.clone().requires_grad_() for name, value in {**case, **weights}.items()}
        own = {name: leaves[name] for name in weights}
        loss = (attention_by_hand(method, own, leaves["query"], leaves["keys"], lengths) * upstream).sum()
        expected = torch.autograd.grad(loss, list(leaves.values()))
        assert_close(len(results), len(leaves), label="number of gradients")
        for name, result, grad in zip(leaves, results, expected, strict=True):
            assert_close(result, grad, label=f"gradient of {name} ({method})", hint="nothing may be detached")


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


def judge_sum(submission, draw):
    """With weights so large that each state is near -1, 0 or 1, a sum of two is near 2 somewhere, and never above."""
    batches = [batch_of(sequences_of(draw, [6] * 12))]
    ((outputs, hidden),), _ = submission.run(encoded, (20, 16), batches, 30.0)
    assert_encoded((outputs, hidden), 6, 12, 16)
    for name, values in (("outputs", outputs), ("hidden", hidden)):
        largest = float(values.abs().max())
        if not 1.5 < largest < 2 + 1e-9:
            details = [f"with large weights each state is near -1, 0 or 1; the largest sum here is {largest:.3f}"]
            hint = "add the two directions; no mean, no layer after them, not side by side"
            raise CheckFailure(f"{name} are not the sum of the states of two directions", details, hint=hint)


@points("2.5", question="encoder")
def test_encoder_adds_both_directions(submission, draw):
    """Each output is the sum of a forward and a backward state: it has read all words, and lies between -2 and 2."""
    words = (draw.permutation(17) + 3).tolist()
    sequence, new = words[:6], words[6]
    others = [[*sequence[:t], new, *sequence[t + 1 :]] for t in (0, 5)]
    results, _ = submission.run(encoded, (20, 8), [batch_of([each]) for each in (sequence, *others)], 0.5)
    for result in results:
        assert_encoded(result, 6, 1, 8)
    (outputs, hidden), *changed = results
    for name, (other_outputs, other_hidden) in zip(("first", "last"), changed, strict=True):
        same = (other_outputs - outputs).abs().amax(dim=(1, 2)) < 1e-9
        if same.any() or (other_hidden - hidden).abs().max() < 1e-9:
            details = [f"another {name} word changes {6 - int(same.sum())} of 6 outputs"]
            raise CheckFailure("outputs or hidden miss a word", details, hint="both directions must be in them")
    judge_sum(submission, draw)


@probe
def encoded_with_weights(student, sizes, tokens, lengths):
    """Outputs and hidden state, and the weights of the embedding and of the GRU, where it has one of each."""
    encoder = student.Encoder(*sizes).to(dtype=torch.float64, device=tokens.device).eval()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.normal_(0, 0.6)
        outputs, hidden = encoder(tokens, lengths)
    found = {"recurrent": [], "gru": [], "embedding": []}
    for module in encoder.modules():
        if isinstance(module, (torch.nn.RNNBase, torch.nn.RNNCellBase)):
            found["recurrent"].append("GRU" if isinstance(module, (torch.nn.GRU, torch.nn.GRUCell)) else "other")
        if isinstance(module, torch.nn.GRU):
            form = [module.input_size, module.hidden_size, module.num_layers, module.bidirectional, module.bias]
            found["gru"].append([form, {name: each.detach() for name, each in module.state_dict().items()}])
        if isinstance(module, torch.nn.Embedding):
            found["embedding"].append(module.weight.detach())
    return outputs, hidden, found


def gru_by_torch(form, weights, embedding, sequences):
    """Outputs (length, H) and hidden state (H,) of each message, without any batch or padding."""
    inputs, size, layers, bidirectional, bias = form
    gru = torch.nn.GRU(inputs, size, layers, bidirectional=bidirectional, bias=bias).double()
    gru.load_state_dict(weights)
    results = []
    with torch.no_grad():
        for sequence in sequences:
            outputs, hidden = gru(embedding[torch.tensor(sequence)])
            results.append((outputs[:, :size] + outputs[:, size:], hidden[-2] + hidden[-1]))
    return results


@points(3, question="encoder")
def test_encoder_equals_torch_gru(submission, draw):
    """With the same weights, outputs and hidden state are what torch.nn.GRU gives for each message alone."""
    sequences = sequences_of(draw, [4, 1, 6, 3])
    outputs, hidden, found = submission.run(encoded_with_weights, (20, 5), *batch_of(sequences))
    assert_encoded((outputs, hidden), 6, 4, 5)
    if "other" in found["recurrent"] and "GRU" not in found["recurrent"]:
        raise CheckFailure("the encoder has a recurrent layer, but no GRU")
    tables = [table for table in found["embedding"] if table.shape[0] == 20]
    form, weights = found["gru"][0] if len(found["gru"]) == len(tables) == 1 else ([], {})
    if not form or [*form[:2], form[3]] != [tables[0].shape[1], 5, True]:  # built in another way: sums of states tell
        judge_hidden(submission, [[first, *more, first] for first, *more in sequences_of(draw, [3, 4])], 5)
        judge_sum(submission, draw)
        return
    for b, (states, last) in enumerate(gru_by_torch(form, weights, tables[0], sequences)):
        label = f"of message {b}, against torch.nn.GRU"
        assert_close(outputs[: len(states), b], states, label=f"outputs {label}", hint="forward plus backward state")
        hint = "the last state of each direction, added up"
        assert_close(hidden[b], last, label=f"hidden {label}", hint=hint)


@probe
def encoder_slopes(student, sizes, tokens, lengths, upstream, which):
    """The slope of a loss in a random direction of all parameters, by backward and by its two neighbours."""
    encoder = student.Encoder(*sizes).to(dtype=torch.float64, device=tokens.device).eval()
    parameters = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    with torch.no_grad():
        for parameter in parameters:
            parameter.normal_(0, 0.5)
    directions = [torch.randn_like(parameter) for parameter in parameters]

    def loss():
        outputs, hidden = encoder(tokens, lengths)
        if which == "hidden":
            return (hidden * upstream[0]).sum()
        return (outputs * upstream[: len(outputs)]).sum()

    loss().backward()
    slope = sum(
        (parameter.grad * direction).sum().item()
        for parameter, direction in zip(parameters, directions, strict=True)
        if parameter.grad is not None
    )
    around = []
    with torch.no_grad():
        for step in (1e-5, -2e-5):
            for parameter, direction in zip(parameters, directions, strict=True):
                parameter.add_(direction, alpha=step)
            around.append(loss().item())
    return float(slope), around


@points("2.5", question="encoder")
def test_encoder_gradients(submission, draw):
    """Gradients of outputs and of the hidden state reach all weights, through every step."""
    tokens, lengths = batch_of(sequences_of(draw, [5, 2, 4]))
    upstream = draw.normal(5, 3, 4) * valid_steps(lengths, 5)[..., None]
    upstream[0] = draw.normal(3, 4)
    for which in ("outputs", "hidden"):
        slope, (above, below) = submission.run(encoder_slopes, (20, 4), tokens, lengths, upstream, which)
        hint = "nothing may be detached, not even between the steps"
        label = f"slope of a loss of {which} along all parameters"
        assert_close(slope, (above - below) / 2e-5, rtol=1e-4, atol=1e-5, label=label, hint=hint)
        if abs(above - below) < 1e-9:
            raise CheckFailure(f"the parameters do not matter for {which}")


@probe
def encoded_in_float32(student, sizes, tokens, lengths):
    encoder = student.Encoder(*sizes).to(tokens.device).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64) * 0.5)
        small = encoder(tokens, lengths)
        return [*small], [*encoder.double()(tokens, lengths)]


@points(2, question="encoder")
def test_encoder_small_batches(submission, draw):
    """One message, one word, messages of equal length, other padding, and float32 are fine."""
    sequences = sequences_of(draw, [4, 2, 3])
    tokens, lengths = batch_of(sequences)
    other = torch.where(valid_steps(lengths, 4), tokens, draw.integers(4, 3, low=3, high=20))
    words = (draw.permutation(17) + 3).tolist()
    equal = [words[:3], words[3:6]]
    batches = [(tokens, lengths), (draw.noncontiguous(other), lengths)]
    batches += [batch_of(equal), *(batch_of([each]) for each in equal)]
    batches += [batch_of([words[6:7], words[7:8]]), batch_of([words[7:8]])]
    results, _ = submission.run(encoded, (20, 5), batches, 0.5)
    whole, padded, both, one, two, pair, word = results
    for (outputs, hidden), (tokens, _) in zip(results, batches, strict=True):
        assert_encoded((outputs, hidden), *tokens.shape, 5)
    assert_close(padded[1], whole[1], label="hidden with other words in the padding")
    valid = valid_steps(lengths, 4)
    assert_close(padded[0][valid], whole[0][valid], label="outputs with other words in the padding")
    for alone, column in ((one, 0), (two, 1)):
        assert_close(alone[0][:, 0], both[0][:, column], label="outputs of a message alone")
        assert_close(alone[1][0], both[1][column], label="hidden of a message alone")
    assert_close(word[1][0], pair[1][1], label="hidden of a message of one word alone")
    small, large = submission.run(encoded_in_float32, (20, 5), *batch_of(sequences))
    assert_encoded(tuple(large), 4, 3, 5)
    for name, result, expected in zip(("outputs", "hidden"), small, large, strict=True):
        assert_close(result, expected.float(), rtol=1e-3, atol=1e-4, label=f"{name} in float32, against float64")


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


def log_ratios(weights, length):
    """The logarithm of each weight over the first one: the difference of their scores."""
    logs = weights[:, :length].log()
    return logs[:, 1:] - logs[:, :1]


@points(4, question="decoder")
def test_decoder_attends_by_its_method(submission, draw):
    """The weights come from the state by the method that was asked for; without one, by dot."""
    token, hidden, outputs, lengths = step = decoder_step(draw, [4, 4, 4], 5, scale=0.7)
    steps = [step, (token, hidden, 2 * outputs, lengths)]
    found = {}
    for methods in ((), ("dot",), ("general",), ("concat",)):
        once, twice = submission.run(decoded, (11, 5), methods, steps, draw.seed())
        for result in (once, twice):
            assert_decoded(result, 3, 11, 5, lengths, 4)
        name = methods[0] if methods else "dot, the default,"
        ratios, doubled = log_ratios(once[2], 4), log_ratios(twice[2], 4)
        by_state = [attention_by_hand("dot", {}, state, outputs, lengths) for state in (once[1], hidden)]
        is_dot = any(bool(torch.allclose(once[2], each, rtol=1e-6, atol=1e-9)) for each in by_state)
        linear = bool(torch.allclose(doubled, 2 * ratios, rtol=1e-6, atol=1e-8))
        found[name] = "dot" if is_dot else "general" if linear else "concat"
        if ratios.abs().max() < 1e-9:
            raise CheckFailure(f"with method {name} all steps of a message get the same weight")
    for name, kind in found.items():
        if kind != name.split(",")[0]:
            details = [
                "dot: the softmax of state · output, with the new state or the old one",
                "general: scores that are linear in the encoder's outputs, but not those of dot",
                "concat: scores that are not linear in them",
            ]
            raise CheckFailure(f"the weights of a decoder with method {name} look like those of {kind}", details)


@points(3, question="decoder")
def test_decoder_reads_all_it_gets(submission, draw):
    """Logits and new state depend on word, state, and the outputs at every step; padding has no effect."""
    token, hidden, outputs, lengths = step = decoder_step(draw, [4, 2], 6, steps=5, scale=0.5)
    others = {"token": (token.flip(0), hidden, outputs, lengths), "hidden": (token, hidden.flip(0), outputs, lengths)}
    for t in range(2):
        changed = outputs.clone()
        changed[t] = draw.normal(2, 6)
        others[f"encoder_outputs[{t}]"] = token, hidden, changed, lengths
    padding = torch.where(valid_steps(lengths, 5)[..., None], outputs, draw.normal(5, 2, 6, scale=2.0))
    steps = [step, *others.values(), (token, hidden, padding, lengths)]
    first, *results, padded = submission.run(decoded, (11, 6), (), steps, draw.seed())
    for result in (first, *results, padded):
        assert_decoded(result, 2, 11, 6, lengths, 5)
    for name, (logits, state, _) in zip(others, results, strict=True):
        if (logits - first[0]).abs().amax(dim=1).min() < 1e-9:
            raise CheckFailure(f"another {name} gives the same logits")
        if name in ("token", "hidden") and (state - first[1]).abs().amax(dim=1).min() < 1e-9:
            raise CheckFailure(f"another {name} gives the same new state")
    for name, result, expected in zip(("logits", "hidden", "weights"), padded, first, strict=True):
        assert_close(result, expected, label=f"{name} with other values in the padding")


@probe
def decoder_slopes(student, sizes, method, token, hidden, outputs, lengths, upstream, state_upstream):
    """Slopes of a loss along the state, the outputs and the parameters: (by backward, value above, value below)."""
    decoder = student.Decoder(*sizes, method).to(hidden).eval()
    parameters = [parameter for parameter in decoder.parameters() if parameter.requires_grad]
    with torch.no_grad():
        for parameter in parameters:
            parameter.normal_(0, 0.5)
    hidden, outputs = hidden.clone().requires_grad_(), outputs.clone().requires_grad_()

    def loss():
        logits, state, _ = decoder(token, hidden, outputs, lengths)
        return (logits * upstream).sum() + (state * state_upstream).sum()

    loss().backward()
    results = []
    for leaves in ([hidden], [outputs], parameters):
        directions = [torch.randn_like(leaf) for leaf in leaves]
        pairs = list(zip(leaves, directions, strict=True))
        slope = sum((leaf.grad * direction).sum().item() for leaf, direction in pairs if leaf.grad is not None)
        around = []
        with torch.no_grad():
            for step in (1e-5, -2e-5, 1e-5):
                for leaf, direction in pairs:
                    leaf.add_(direction, alpha=step)
                around.append(loss().item())
        results.append([float(slope), around[0], around[1]])
    return results


@points(3, question="decoder")
def test_decoder_gradients(submission, draw):
    """Gradients reach the state, the encoder's outputs and all weights, through the attention too."""
    step = decoder_step(draw, [3, 5, 2], 4, scale=0.7)
    for method in METHODS:
        sent = *step, draw.normal(3, 11), draw.normal(3, 4)
        results = submission.run(decoder_slopes, (11, 4), method, *sent)
        names = "hidden", "encoder_outputs", "the parameters"
        for name, (slope, above, below) in zip(names, results, strict=True):
            label = f"slope of a loss along {name} ({method})"
            hint = "nothing may be detached: neither the state nor the weights nor the context"
            assert_close(slope, (above - below) / 2e-5, rtol=1e-4, atol=1e-5, label=label, hint=hint)
            if abs(above - below) < 1e-12:
                raise CheckFailure(f"the loss does not depend on {name} ({method})")


@probe
def decoded_in_float32(student, sizes, method, token, hidden, outputs, lengths):
    decoder = student.Decoder(*sizes, method=method).to(hidden.device).eval()
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=torch.float64) * 0.5)
        small = decoder(token, hidden.float(), outputs.float(), lengths)
        return [*small], [*decoder.double()(token, hidden, outputs, lengths)]


@points("2.5", question="decoder")
def test_decoder_small_batches(submission, draw):
    """One message, one step, tensors that are not contiguous, and float32 are fine."""
    cases = [([3], 4), ([1], 1), ([1, 1, 1], 1)]
    for lengths, steps in cases:
        step = decoder_step(draw, lengths, 6, steps=steps)
        (result,) = submission.run(decoded, (11, 6), (), [step], draw.seed())
        assert_decoded(result, len(lengths), 11, 6, torch.tensor(lengths), steps)
    token, hidden, outputs, lengths = step = decoder_step(draw, [3, 5], 6)
    odd = token, draw.noncontiguous(hidden), draw.noncontiguous(outputs), lengths
    plain, other = submission.run(decoded, (11, 6), ("general",), [step, odd], draw.seed())
    assert_decoded(plain, 2, 11, 6, lengths, 5)
    assert_close(list(other), list(plain), label="(logits, hidden, weights) of tensors that are not contiguous")
    for method in METHODS:
        small, large = submission.run(decoded_in_float32, (11, 6), method, *step)
        assert_decoded(large, 2, 11, 6, lengths, 5)
        expected = [each.float() for each in large]
        label = f"(logits, hidden, weights) in float32, against float64 ({method})"
        assert_close(small, expected, rtol=1e-3, atol=1e-4, label=label)


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
@points(2, question="train")
def test_reply_is_short_enough(submission, draw):
    """A reply has at most max_length words, the first ones of the whole reply, and depends on its message alone."""
    messages, answers, *sent = phrase_book(draw)
    order = draw.permutation(8).tolist()
    asked = [(message, most) for most in (20, 5, 2, 1) for message in messages]
    asked += [(messages[k], 20) for k in order]
    settings = {"epochs": 40, "seed": draw.seed()}
    replies, _ = submission.run(train_and_reply, *sent, asked, settings, str(submission.device))
    assert_words(replies, len(asked))
    if sum(words == answer.split() for words, answer in zip(replies, answers, strict=False)) < 5:
        raise CheckFailure("the phrase book was not learned, so there is nothing to cut short")
    for (message, most), words in zip(asked, replies, strict=True):
        whole = replies[messages.index(message)]
        what = f"reply(..., max_length={most}), where the whole reply is {whole}"
        assert_close(words, whole[:most], label=what, hint="max_length counts words, not the markers")


@probe
def trained_with_seeds(student, messages, answers, asked, seeds, settings, device):
    results, backward = [], torch.Tensor.backward
    for seed in seeds:
        losses = []

        def noted(loss, *args, _losses=losses, **kwargs):
            if loss.numel() == 1:
                _losses.append(loss.detach())
            return backward(loss, *args, **kwargs)

        torch.Tensor.backward = noted
        try:
            pairs = [(message.split(), answer.split()) for message, answer in zip(messages, answers, strict=True)]
            model = student.train(pairs, seed=seed, device=device, **settings)
        finally:
            torch.Tensor.backward = backward
        replies = [student.reply(model, message.split(), device=device) for message in asked]
        results.append([replies, torch.tensor([float(loss) for loss in losses])])
        torch.rand(3)  # whoever else draws random numbers must not matter
    return results


@timeout(120)
@points("1.5", question="train")
def test_train_same_seed(submission, draw):
    """On the CPU the same seed gives the same training and the same replies; another seed gives another training."""
    messages, _, *sent = phrase_book(draw)
    known = " ".join(messages).split()
    asked = messages + [" ".join(draw.choice(known) for _ in range(1 + k % 4)) for k in range(16)]
    seed, other = draw.seed(), draw.seed()
    sent = *sent, asked, [seed, seed, other, seed], {"epochs": 4}, str(submission.device)
    (first, losses), *more, (last, last_losses) = submission.run(trained_with_seeds, *sent)
    for replies in (first, last, *(each for each, _ in more)):
        assert_words(replies, len(asked))
    if submission.device.type == "cpu":
        for replies, found in (more[0], (last, last_losses)):
            assert_close(replies, first, label=f"replies after another training with seed {seed}")
            hint = "seed whatever you draw from: torch, random, numpy, a DataLoader's generator"
            label = f"losses in another training with seed {seed}"
            assert_close(found, losses, rtol=1e-4, atol=1e-6, label=label, hint=hint, allow_empty=True)
    if more[1][0] == first and torch.equal(more[1][1], losses):
        raise CheckFailure("another seed gives the same training", hint="use the argument seed")


def coins(draw):
    """Four messages with two answers each, as likely as each other: the first word decides about the others."""
    words = some_words(draw, 20)
    messages = [" ".join(words[i] for i in (k, k + 4)[: 1 + k % 2]) for k in range(4)]
    both = []
    for _ in messages:
        order = [words[8 + i] for i in draw.permutation(12).tolist()]
        both.append((" ".join(order[:5]), " ".join(order[5:10])))
    order = draw.permutation(400).tolist()
    return messages, both, [messages[i % 4] for i in order], [both[i % 4][i // 4 % 2] for i in order]


@timeout(120)
@points("2.5", question="train")
def test_train_teacher_forcing(submission, draw):
    """With teacher forcing 1 the decoder learns what follows the right words; with 0 it never gets to see them."""
    messages, both, *sent = coins(draw)
    asked, seed, late = [(message, 20) for message in messages], draw.seed(), {}
    for forcing in (1.0, 0.0):
        settings = {"epochs": 25, "teacher_forcing": forcing, "seed": seed}
        replies, losses = submission.run(train_and_reply, *sent, asked, settings, str(submission.device))
        assert_words(replies, 4)
        if forcing == 1.0:
            odd = [words for words, pair in zip(replies, both, strict=True) if " ".join(words) not in pair]
            if odd:
                details = ["each message has two answers in training; a reply must be one of them, not a mixture"]
                hint = "at each step the decoder gets the right word before, not its own"
                what = f"{len(odd)} of 4 replies were never learned with teacher_forcing=1"
                raise CheckFailure(what, details, hint=hint)
        if len(losses):
            late[forcing] = losses[-max(len(losses) // 10, 1) :].mean().item()
    if late and late[0.0] < 2 * late[1.0]:
        details = [
            "the first word of an answer is a coin toss, and decides about the other four",
            "who sees the right words before need not guess more than the first; who does not must guess all five",
            f"loss in the end: {late[0.0]:.3f} with teacher_forcing=0, {late[1.0]:.3f} with teacher_forcing=1",
        ]
        raise CheckFailure("teacher_forcing makes too little difference", details)


@timeout(120)
@points("1.5", question="train")
def test_reply_is_greedy(submission, draw):
    """Where two answers are as likely, the reply is one of them, and the same one whenever it is asked for."""
    messages, both, *sent = coins(draw)
    asked = [(message, 20) for _ in range(8) for message in messages]
    settings = {"epochs": 25, "teacher_forcing": 1.0, "seed": draw.seed()}
    replies, _ = submission.run(train_and_reply, *sent, asked, settings, str(submission.device))
    assert_words(replies, 32)
    for number, words in enumerate(replies):
        if words != replies[number % 4]:
            hint = "no sampling, and no dropout: the word of the highest score, in evaluation mode"
            raise CheckFailure("the same message got two replies", [f"{replies[number % 4]}", f"{words}"], hint=hint)
    if odd := [words for words, pair in zip(replies, both, strict=False) if " ".join(words) not in pair]:
        raise CheckFailure(f"{len(odd)} of 4 replies are none of the answers that were learned")


@probe
def trained_and_clipped(student, messages, answers, asked, settings, clips, device):
    """Replies after training with each clip, and the largest norm of the gradients that an optimizer was given."""
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    results = []
    for clip in clips:
        norms = []

        def measure(optimizer, args, kwargs, _norms=norms):
            grads = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
            _norms.append(sum(float(grad.double().square().sum()) for grad in grads) ** 0.5)

        handle = register_optimizer_step_pre_hook(measure)
        try:
            pairs = [(message.split(), answer.split()) for message, answer in zip(messages, answers, strict=True)]
            model = student.train(pairs, clip=clip, device=device, **settings)
        finally:
            handle.remove()
        replies = [student.reply(model, message.split(), device=device) for message in asked]
        results.append([replies, max(norms, default=0.0)])
    return results


@timeout(120)
@points("1.5", question="train")
def test_train_clips_gradients(submission, draw):
    """Gradients are clipped before each step: with a clip of nearly 0 nothing is learned, with the usual one it is."""
    messages, answers, *sent = phrase_book(draw)
    settings = {"epochs": 30, "seed": draw.seed()}
    sent = *sent, messages, settings, [1.0, 1e-12], str(submission.device)
    right, norms = [], []
    for replies, norm in submission.run(trained_and_clipped, *sent):
        assert_words(replies, 8)
        right.append(sum(words == answer.split() for words, answer in zip(replies, answers, strict=True)))
        norms.append(norm)
    if right[0] < 4:
        raise CheckFailure(f"with clip=1.0 only {right[0]} of 8 answers were learned")
    if right[1] > 1:
        hint = "clip after backward and before the optimizer's step"
        raise CheckFailure(f"with clip=1e-12 {right[1]} of 8 answers were learned all the same", hint=hint)
    if norms[1] > 1e-8:
        hint = "clip the gradients of all parameters, those of the encoder and those of the decoder"
        raise CheckFailure(f"with clip=1e-12 an optimizer got gradients of norm {norms[1]:.3g}", hint=hint)


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
@points(5, question="train")
def test_train_reaches_the_bar(submission, draw, bars):
    """Trained on fresh messages of made-up words, it answers unseen ones: the median of three trainings."""

    def trial(draw):
        seen = game(draw, PAIRS)
        unseen = game(draw, UNSEEN, avoid=seen)
        renaming = draw.fresh_words([f"{kind}{number}" for kind in ("word", "answer") for number in range(WORDS)])
        sent = [renaming.renamed(in_words(seen, "word")), renaming.renamed(in_words(seen, "answer", -1))]
        asked = [(message, 20) for message in renaming.renamed(in_words(unseen, "word"))]
        settings = {"epochs": EPOCHS, "teacher_forcing": 1.0, "seed": draw.seed()}
        replies, losses = submission.run(train_and_reply, *sent, asked, settings, str(submission.device))
        show_curve("Loss in training", losses, x="epoch", y="mean loss", parts=EPOCHS, for_students=True)
        assert_words(replies, UNSEEN)
        expected = renaming.renamed(in_words(unseen, "answer", -1))
        return sum(words == answer.split() for words, answer in zip(replies, expected, strict=True)) / UNSEEN

    hint = "a decoder that ignores the attention gets few answers right; print the loss after each epoch, and replies"
    bars["exact_match"].judge(trial, what=f"share of {UNSEEN} unseen messages answered right", hint=hint)
