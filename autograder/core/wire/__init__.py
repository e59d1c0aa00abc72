"""Plain values as bytes and back: what crosses between the judge and a worker, and nothing else does.

Promises: what ``encode`` accepts survives the round trip exactly (types, dtypes, NaN bits, strides of tensors); what
``decode`` is given, however malformed, ends in ``WireError`` or in plain values, and sizes, counts, depth, rank and
dtypes are checked before memory is set aside for them. Nothing is unpickled and no class is looked up by name.

Does not promise: aliasing (two tensors that share memory arrive apart), layouts that overlap other than by expansion
or leave wide gaps (they arrive contiguous), the payload of a Python float's NaN, the strides of NumPy arrays (they
arrive in C order and native byte order). A named tuple arrives as a tuple, an ``OrderedDict`` as a dict, a
``Parameter`` as a tensor, a bool of another byte than 0 or 1 as True. What a sender says of itself (the device that a
tensor was on) is checked for form only.

A frame is a prefix (magic, length of head, length of payload; ``frame``), a JSON head (``head``) and a safetensors
payload (``payload``). In the head a value is JSON's own null, boolean, integer or string, or a list whose first item
is a tag: ``["f", "nan"]``. ``encoder`` and ``decoder`` walk the values, ``kinds`` says which there are, ``layout``
how the strides of a tensor travel.
"""

from __future__ import annotations

from autograder.core.wire.decoder import decode, sent_from
from autograder.core.wire.encoder import encode
from autograder.core.wire.frame import DEFAULT_LIMITS, PREFIX_BYTES, WireLimits, frame_size

__all__ = ["DEFAULT_LIMITS", "PREFIX_BYTES", "WireLimits", "decode", "encode", "frame_size", "sent_from"]
