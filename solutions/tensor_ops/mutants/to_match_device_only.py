"""Wrong: the dtype stays."""

CAUGHT_BY = (
    "test_to_match_takes_dtype_and_device",
    "test_to_match_takes_the_dtype",
)
CAUSES = ("wrong dtype",)


def to_match(x, reference):
    return x.to(reference.device)
