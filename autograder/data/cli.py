"""The command ``autograder data``: what data sets there are, which of them are here, and downloading."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.data.catalogue import describe, names, why_not


def add_command(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``data`` to the command line."""
    parser = subparsers.add_parser(
        "data",
        help="list the data sets, download MNIST",
        description="Without an ACTION: the data sets, which of them are here, where from, and how to get the others.",
    )
    parser.set_defaults(run=_list)
    actions = parser.add_subparsers(metavar="ACTION")
    download = actions.add_parser("download", help="get a data set from the network")
    download.add_argument("name", choices=("mnist",), metavar="NAME", help="mnist")
    download.add_argument(
        "--to", type=Path, metavar="DIR", help="where it goes (your cache, where it is found); then set COURSE_DATA=DIR"
    )
    download.set_defaults(run=_download)


def _list(args: argparse.Namespace) -> int:
    for name in names():
        problem = why_not(name)
        print(f"here      {describe(name, others=False)}" if problem is None else f"not here  {problem}")
    return 0


def _download(args: argparse.Namespace) -> int:
    from autograder.data import mnist

    folder = mnist.download(args.to)
    print(f"mnist: in {folder}, checksums are right")
    if args.to is not None:
        print(f"graders and tests find it with COURSE_DATA={args.to.absolute()}")
    return 0
