"""A whole course with one small assignment, ``tiny``, for tests of what is made of a course."""

from __future__ import annotations

from pathlib import Path

SOLUTION = '''
def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    return x + x.clone().detach() * 1.0
    # END SOLUTION
'''


def make_course(folder: Path) -> Path:
    """Write the course into a folder that is not there yet."""
    home = folder / "assignments" / "tiny"
    (home / "hidden").mkdir(parents=True)
    for part in ("mutants", "variants"):
        (folder / "solutions" / "tiny" / part).mkdir(parents=True)
    toml = 'title = "Tiny"\nmodule = "tiny"\npoints = 5\n[[question]]\nname = "double"\ntitle = "Doubling"\n'
    (home / "assignment.toml").write_text(toml)
    (home / "handout.md").write_text("# Doubling\nReturn $2x$.\n")
    head = "import torch\n\nfrom autograder import assert_close, points\n\n\n"
    test = '@points({}, question="double")\ndef {}(submission):\n    """Twice."""\n    x = torch.ones(3)\n'
    body = '    assert_close(submission.call("double", x), x * 2)\n'
    (home / "test_tiny.py").write_text(head + test.format(2, "test_double") + body)
    (home / "hidden" / "test_tiny_hidden.py").write_text(head + test.format(3, "test_double_of_zero") + body)
    (folder / "solutions" / "tiny" / "tiny.py").write_text(SOLUTION)
    (folder / "solutions" / "tiny" / "mutants" / "double_is_triple.py").write_text('"""Wrong."""\n')
    return folder
