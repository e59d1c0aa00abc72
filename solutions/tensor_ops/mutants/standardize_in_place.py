"""Wrong: changes its argument."""

CAUGHT_BY = (
    "test_standardize_a_square_input",
    "test_standardize_columns",
    "test_standardize_constant_columns",
    "test_standardize_with_eps_inside_the_root",
    "test_standardize_without_a_loop",
)
CAUSES = ("argument changed in place",)


def standardize(x, eps=1e-5):
    x -= x.mean(0)
    x /= (x.square().mean(0) + eps).sqrt()
    return x
