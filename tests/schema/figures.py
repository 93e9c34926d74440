"""What the proofs measured, for the table at the end of ``make schema-proof``."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

# How much is tried: some minutes' with CMS_TEST_PROOF=small, half an hour's with ci, all of it with 1. Without it, what
# kills and walks for minutes is left out.
LEVEL = os.environ.get("CMS_TEST_PROOF", "")
PROOF = LEVEL == "1"
LARGE = LEVEL in ("ci", "1")

# What has to be in the table: a proof that was skipped, or that failed before it counted, is named as missing.
BOTH = ("sqlite", "mariadb")
SMALL = [
    *(f"{proof}, {kind}" for proof in ("W0 kills, plain", "W0 walks, plain") for kind in BOTH),
    *(f"{proof}, {kind}" for proof in ("K1 client", "K1 client over many revisions", "K1 project") for kind in BOTH),
    *(f"{proof}, {kind}" for proof in ("W1 walks", "W1 Hypothesis", "W2 killed walks") for kind in BOTH),
    *("W0 kills of the server, plain", "K1 server, mariadb", "K1 project, server"),
    *("K2 client, sqlite", "K2 server, binlog", "K2 server, no binlog", "K2 server, copies"),
]
IN_CI = [*SMALL, "S1 longest stall", "S2 with an open read transaction"]
ELSEWHERE = [
    *(f"B1 backup restored elsewhere, {kind}" for kind in BOTH),
    *(f"D1 drift by hand, {kind}" for kind in BOTH),
    *(f"L1 upgrades at once, {kind}" for kind in BOTH),
    *(f"L2 killed lock holder, {kind}" for kind in BOTH),
    *(f"O1 old code goes back, {kind}" for kind in BOTH),
    "O2 old code finishes what was cut off, mariadb",  # SQLite leaves nothing half done
    *(f"P1 a purge that is killed, {kind}" for kind in BOTH),
    *(f"P1 only purge destroys, {kind}" for kind in BOTH),
]
EXPECTED = {"small": SMALL, "ci": IN_CI, "1": [*IN_CI, *ELSEWHERE]}


needs_level = pytest.mark.skipif(not LEVEL, reason="Takes minutes: make schema-proof LEVEL=small runs it.")


def amount(quick: int, ci: int, proof: int) -> int:
    return {"1": proof, "ci": ci}.get(LEVEL, quick)


def record(
    proof: str, points: int, passed: int, figure: str | Mapping[str, float | None], *, part: int = 1, parts: int = 1
) -> None:
    """Add a line to the file that CMS_PROOF_FIGURES names; nothing without it.

    A proof may be cut into ``parts``, whose numbers are added up in the table.
    """
    print(f"{proof}: {passed} of {points} passed, {worded([figure])}")  # noqa: T201 (pytest shows it with -s and on failure)
    path = os.environ.get("CMS_PROOF_FIGURES")
    if path:
        line = {"proof": proof, "points": points, "passed": passed, "figure": figure, "part": part, "parts": parts}
        with open(path, "a") as file:
            file.write(f"{json.dumps(line)}\n")


def worded(figures: Iterable[Any]) -> str:
    """Texts as they are, numbers by their names in sums."""
    said: dict[str, float | None] = {}
    for figure in figures:
        for name, number in figure.items() if isinstance(figure, dict) else [(figure, None)]:
            said[name] = None if number is None else (said.get(name) or 0) + number
    return ", ".join(name if number is None else f"{number:.0f} {name}" for name, number in said.items())


def missing(lines: list[str]) -> list[str]:
    """The proofs of this level of which nothing or not every part was recorded."""
    found: dict[str, set[int]] = {}
    for one in map(json.loads, lines):
        found.setdefault(one["proof"], set(range(1, one["parts"] + 1))).discard(one["part"])
    return [proof for proof in EXPECTED.get(LEVEL, []) if found.get(proof, {1})]


def table(lines: list[str]) -> str:
    """What was recorded and what is missing, in columns, in the order of the proofs' names."""
    rows = [("proof", "points", "passed", "figure")]
    found: dict[str, list[dict[str, Any]]] = {proof: [] for proof in missing(lines)}
    # The last word on each part: one that failed may have been tried again.
    parts = {(one["proof"], one["part"]): one for one in map(json.loads, lines)}
    for one in parts.values():
        found.setdefault(one["proof"], []).append(one)
    for proof, ones in sorted(found.items()):
        remark = ["NOT PROVED"] if proof in missing(lines) else []
        points, passed = (str(sum(one[name] for one in ones)) for name in ("points", "passed"))
        rows.append((proof, points, passed, worded([*remark, *(one["figure"] for one in ones)])))
    widths = [max(len(row[number]) for row in rows) for number in range(3)]
    return "\n".join(f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}" for row in rows)


if __name__ == "__main__":
    with open(sys.argv[1]) as written:
        recorded = written.readlines()
    print(table(recorded))  # noqa: T201
    sys.exit(1 if missing(recorded) else 0)
