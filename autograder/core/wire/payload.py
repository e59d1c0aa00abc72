"""The payload of a frame: tensors and arrays as one safetensors file, each under a number that the head names."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors.torch import load as load_tensors

from autograder.core.wire.frame import WireLimits
from autograder.core.wire.kinds import DTYPES, carried, type_name
from autograder.errors import WireError

_SIZE_BYTES = 8
_HEADER_BYTES = 256  # for one tensor, at most
_SAFETENSORS_NAMES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.int32: "I32",
    torch.int64: "I64",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
}


@dataclass(frozen=True)
class Block:
    """The numbers of one tensor or array, where they lie.

    Attributes:
        dtype, shape: as it travels.
        data: a view of its bytes, good as long as ``owner`` lives.
    """

    dtype: torch.dtype
    shape: tuple[int, ...]
    data: memoryview
    owner: object


def tensor_block(value: torch.Tensor) -> Block:
    """A block of a contiguous tensor on the CPU.

    Raises:
        RuntimeError: there is no memory behind it.
    """
    size = value.numel() * value.element_size()
    address = value.data_ptr()
    # Not by value.numpy(): that makes the caller's storage refuse to be resized ever after.
    data = memoryview((ctypes.c_char * size).from_address(address)) if size else memoryview(b"")
    return Block(*carried(value.dtype, tuple(value.shape)), data, value)


def array_block(value: np.ndarray[Any, Any]) -> Block:
    """A block of an array in C order and native byte order."""
    return Block(*carried(DTYPES[value.dtype.name], value.shape), value.reshape(-1).view(np.uint8).data, value)


def write_payload(blocks: Mapping[str, Block]) -> list[bytes | memoryview]:
    """The parts of a safetensors file: written here, since the library's ``save`` copies all tensors twice."""
    # The widest first, behind a header of whole words: so each lies where its dtype may.
    ordered = sorted(blocks.items(), key=lambda item: -item[1].dtype.itemsize)
    header, offset = {}, 0
    for key, block in ordered:
        end = offset + block.data.nbytes
        name = _SAFETENSORS_NAMES[block.dtype]
        header[key] = {"dtype": name, "shape": list(block.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _SIZE_BYTES)
    return [len(text).to_bytes(_SIZE_BYTES, "little"), text, *(block.data for _, block in ordered)]


def read_payload(payload: bytes, limits: WireLimits) -> dict[str, torch.Tensor]:
    """The tensors of a payload, each with memory of its own.

    Raises:
        WireError: it is no safetensors file, or of more tensors than the limits allow.
    """
    if not payload:
        return {}
    # The declared header is bounded first: it alone decides how many tensors, of what rank, are made.
    header = int.from_bytes(payload[:_SIZE_BYTES], "little")
    if len(payload) < _SIZE_BYTES or header > _HEADER_BYTES * limits.tensors:
        raise WireError("its payload is no list of tensors")
    try:
        tensors = load_tensors(payload)
    except MemoryError:  # the grader's lack, not the sender's fault
        raise
    except BaseException as error:
        # Library code on hostile bytes may fail with anything; a panic in its Rust part is no Exception.
        if not isinstance(error, Exception) and type_name(type(error)) != "PanicException":
            raise
        raise WireError(f"its payload is no list of tensors: {type_name(type(error))}") from None
    if len(tensors) > limits.tensors:
        raise WireError(f"it carries more than {limits.tensors} tensors")
    return tensors
