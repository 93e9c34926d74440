"""What the benchmarks of two sites are told, and how they tell what they found."""

import argparse
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

DATABASES = ("sqlite", "mariadb")


def arguments(description: str, posts: int) -> argparse.ArgumentParser:
    """What each of them may be told at the command line; ``posts`` of the large site unless told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--posts", type=int, default=posts)
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--keep", type=Path, help="A folder in which the sites stay, to be asked again.")
    return parser


def each_database(given: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """The databases that are asked for, each with the folder for its sites, which goes unless it is kept."""
    logging.disable(logging.WARNING)
    for kind in DATABASES if given.database == "both" else (given.database,):
        with tempfile.TemporaryDirectory(prefix="lightblog-bench-") as folder:
            yield kind, given.keep or Path(folder)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
