"""Wrong: the device stays."""

CAUGHT_BY = ("test_to_match_takes_dtype_and_device",)


def to_match(x, reference):
    return x.to(reference.dtype)
