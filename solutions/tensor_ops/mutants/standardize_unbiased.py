"""Wrong: divides by N - 1."""

CAUGHT_BY = (
    "test_standardize_a_square_input",
    "test_standardize_columns",
    "test_standardize_constant_columns",
    "test_standardize_with_eps_inside_the_root",
    "test_standardize_without_a_loop",
)
CAUSES = ("NaN*", "factor 0.*")


def standardize(x, eps=1e-5):
    return (x - x.mean(0)) / (x.var(0) + eps).sqrt()
