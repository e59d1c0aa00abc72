"""Wrong: 0 / 0 for a constant column."""

CAUGHT_BY = (
    "test_standardize_a_square_input",
    "test_standardize_columns",
    "test_standardize_constant_columns",
    "test_standardize_with_eps_inside_the_root",
)
CAUSES = ("NaN*", "small error")


def standardize(x, eps=1e-5):
    return (x - x.mean(0)) / x.var(0, correction=0).sqrt()
