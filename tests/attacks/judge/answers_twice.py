"""I answer with the id that I was given, and then once more: the second becomes the answer to the next question."""

import sys
import time

from autograder.core import wire

EARNS = "6"
STOPPED_BY = "request ids"
FOOLS = "rig: no ids"

calls = []


def own_id():
    look = sys._getframe()
    while look is not None and not isinstance(look.f_locals.get("request"), dict):
        look = look.f_back
    return look.f_locals["request"]["id"] if look else "0" * 32


def double(x):
    calls.append(x)
    if len(calls) == 4:  # the next question is halve("seven")
        sys.stdout.flush()
        channel = next(f for f in frames() if "channel" in f.f_locals).f_locals["channel"]
        name = own_id()
        channel.sendall(wire.encode({"id": name, "ok": True, "value": x * 2, "changed": []}))
        time.sleep(0.8)
        refusal = {"id": name, "ok": False, "lineage": ["ValueError"], "summary": "ValueError", "text": "raised it"}
        channel.sendall(wire.encode(refusal))
        time.sleep(5)
    return x * 2


def frames():
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def halve(x):
    return None if isinstance(x, str) else x / 2
