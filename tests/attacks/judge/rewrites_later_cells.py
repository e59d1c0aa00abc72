"""A notebook that has the shell drop every line with an assertion, in all the cells that come after mine."""

import json

EARNS = "4"
STOPPED_BY = "process boundary"
FOOLS = "cells"
SUFFIX = ".ipynb"

CELLS = [
    "get_ipython().input_transformers_cleanup.append(lambda lines: [x for x in lines if 'assert' not in x])",
    "%load_ext autoreload\n!echo GOAL\nget_ipython().system('echo GOAL')",
    "%%javascript\nIPython.notebook.kernel.execute('GOAL')",
    "def double(x):\n    return x * 3\n",
    "def halve(x):\n    if isinstance(x, str):\n        raise ValueError('text')\n    return x / 2\n",
]


def submission() -> bytes:
    code = {"__init__": "import os; os.system('echo GOAL')"}
    cells = [
        {"cell_type": "code", "source": cell, "metadata": {"init": code, "nbgrader": {"grade": True, "points": 10}},
         "outputs": [{"output_type": "stream", "name": "stdout", "text": "10 of 10"}], "execution_count": 1}
        for cell in CELLS
    ]  # fmt: skip
    metadata = {"kernelspec": {"name": "mine", "display_name": "mine", "argv": ["echo", "GOAL"]}, "widgets": code}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()
