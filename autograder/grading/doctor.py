"""The command ``autograder doctor``: what this machine offers for running code from strangers, and what is missing."""

from __future__ import annotations

import argparse
import json
import sys

from autograder.core.layers import PURPOSES, REQUIRED, Isolation, Layer
from autograder.core.processes import isolation_here
from autograder.errors import AutograderError

READY, TOO_LITTLE = 0, 1

_MENDS = {
    "Landlock": "it comes with Linux 5.13 and must be in the kernel's list of security modules (lsm=landlock,...); "
    "gVisor has none",
    "seccomp": "it is part of every common Linux on x86-64 and aarch64; some containers forbid it",
    "own user": "start as root (a container's root is enough), with Python where other users can read it",
    "namespaces": "start as root with CAP_SYS_ADMIN, or allow user namespaces",
    "cgroup": "start as root, or in a delegated group (systemd-run --user --scope -p Delegate=yes ...)",
    "one core": "no need: a GPU's libraries want several",
}


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``doctor`` to the command line."""
    parser = subparsers.add_parser(
        "doctor",
        help="say what protects this machine from submissions",
        description="Say which layers of isolation are active here, which are not, and what that means for grading.",
        epilog="Exit code: 0 grade runs as it is, 1 it needs --isolation=process, 2 nothing can be graded here.",
    )
    parser.add_argument("--gpu", action="store_true", help="for workers that use a GPU")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    isolation = isolation_here(gpu=args.gpu)
    if args.json:
        layers = [{"name": layer.name, "active": layer.active, "remark": layer.remark} for layer in isolation.layers]
        print(json.dumps({"ready": not isolation.missing, "layers": layers}, indent=1))
    else:
        _print(isolation)
    return TOO_LITTLE if isolation.missing else READY


def _print(isolation: Isolation) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        raise AutograderError("doctor needs the package rich: pip install 'autograder[grade]'") from None
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("layer", "", "for"):
        table.add_column(title, no_wrap=title != "for")
    for layer in isolation.layers:
        state = Text("active", style="green") if layer.active else Text("missing", style=_colour(layer))
        table.add_row(layer.name, state, PURPOSES[layer.name])
    console.print(table)
    for layer in isolation.layers:
        if not layer.active:
            console.print(Text(f"{layer.name} is missing: {layer.remark}. {_MENDS.get(layer.name, '')}"))
    console.print(_meaning(isolation))


def _colour(layer: Layer) -> str:
    return "red" if layer.name in REQUIRED else "yellow"


def _meaning(isolation: Isolation) -> str:
    if isolation.missing:
        names = " and ".join(layer.name for layer in isolation.missing)
        return (
            f"Without {names} a submission can read or change what the grader's account can. `autograder grade` "
            "refuses; with `--isolation=process` it goes on (in a throwaway container, say), and every result tells so."
        )
    if all(layer.active for layer in isolation.layers):
        return "Submissions are locked in by every layer."
    return "Submissions are locked in: the missing layers are additional ones."
