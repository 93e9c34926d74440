"""Random walks up and down lose no cell and give none to a stranger (W1), killed on the way or not (W2).

CMS_TEST_SEED=n walks the one walk of that number, CMS_TEST_WALKS=n as many of them.
"""

import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.schema.children import Children
from tests.schema.figures import LARGE, PROOF, amount, needs_level, record
from tests.schema.walks import Walk, WalkFailed

pytestmark = needs_level

MOVES = 7
WALKS = {"sqlite": amount(1_000, 1_000, 3_000), "mariadb": amount(100, 100, 300)}
HYPOTHESIS = {"sqlite": amount(10, 200, 600), "mariadb": amount(2, 20, 60)}
KILLED_WALKS = {"sqlite": amount(10, 100, 300), "mariadb": amount(10, 20, 60)}
PLAIN_WALKS = {"sqlite": amount(10, 40, 40), "mariadb": 12}
SHOWN = 5


@dataclass
class Walks:
    """What a number of walks came to."""

    walked: int = 0
    moves: int = 0
    refusals: int = 0
    kills: int = 0
    cells: int = 0
    lost: int = 0
    failures: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def walk(
        self,
        chance: random.Random,
        new_url: Callable[[Path], str],
        folder: Path,
        *,
        plain: bool = False,
        children: Children | None = None,
    ) -> None:
        """One walk in a folder that is gone afterwards. Raises WalkFailed."""
        folder.mkdir()
        walk = Walk(chance, new_url(folder), folder / "migrations", plain=plain, children=children)
        self.walked += 1
        try:
            walk.go(MOVES)
        finally:
            self.moves += walk.moves
            self.refusals += walk.refusals
            self.kills += walk.kills
            self.cells += walk.cells
            shutil.rmtree(folder)

    def seeded(self, seeds: range, new_url: Callable[[Path], str], tmp_path: Path, **how: object) -> None:
        """A walk a seed; the failures are kept, with their seeds."""
        for seed in seeds:
            try:
                self.walk(random.Random(seed), new_url, tmp_path / f"walk{seed}", **how)
            except WalkFailed as failure:
                self.lost += failure.lost
                self.failures.append(f"CMS_TEST_SEED={seed}\n{failure}")

    def record(self, proof: str, remark: str = "", part: int = 1, parts: int = 1) -> None:
        figure = {
            "moves": self.moves,
            "cells compared": self.cells,
            "refusals": self.refusals,
            "kills": self.kills,
            "s": time.monotonic() - self.began,
            **({remark: None} if remark else {}),
        }
        record(proof, self.walked, self.walked - len(self.failures), figure, part=part, parts=parts)

    def __str__(self) -> str:
        shown = "\n\n".join(self.failures[:SHOWN])
        return f"{len(self.failures)} of {self.walked} walks failed:\n\n{shown}"


# So that more than one core walks; the few that somebody asks for go together.
PARTS = 1 if {"CMS_TEST_SEED", "CMS_TEST_WALKS"} & os.environ.keys() else amount(10, 10, 20)
in_parts = pytest.mark.parametrize("part", range(1, PARTS + 1), ids=lambda part: f"part{part}")


def seeds(number: int, part: int) -> range:
    """The same in each run, but for those that CMS_TEST_SEED and CMS_TEST_WALKS ask for."""
    one = os.environ.get("CMS_TEST_SEED")
    if one is not None:
        return range(int(one), int(one) + int(os.environ.get("CMS_TEST_WALKS", "1")))
    number = int(os.environ.get("CMS_TEST_WALKS", number))
    return range(number * (part - 1) // PARTS, number * part // PARTS)


def test_w0_walks_on_plain_alembic_lose_cells(new_url, database_kind, tmp_path):
    walks = Walks()

    walks.seeded(range(PLAIN_WALKS[database_kind]), new_url, tmp_path, plain=True)

    walks.record(f"W0 walks, plain, {database_kind}", f"{walks.lost} lost cells: must fail")
    assert walks.lost * 2 >= walks.walked


@in_parts
def test_w1_walks_lose_no_cell(new_url, database_kind, tmp_path, part):
    walks = Walks()

    walks.seeded(seeds(WALKS[database_kind], part), new_url, tmp_path)

    walks.record(f"W1 walks, {database_kind}", part=part, parts=PARTS)
    assert not walks.failures, str(walks)


def test_w1_hypothesis_finds_no_walk_that_loses_a_cell(new_url, database_kind, tmp_path):
    walks = Walks()

    @settings(
        max_examples=HYPOTHESIS[database_kind],
        deadline=None,
        database=None,
        derandomize=not PROOF,  # a finding of chance belongs to whoever looks for it, not to the next commit
        print_blob=True,
        # Making a failing walk small takes minutes on SQLite, and an hour on a server.
        phases=[Phase.generate, *([Phase.shrink] if LARGE and database_kind == "sqlite" else [])],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False))
    def walk(chance: random.Random) -> None:
        walks.walk(chance, new_url, tmp_path / f"walk{walks.walked}")

    walk()
    assert walks.walked >= HYPOTHESIS[database_kind]
    walks.record(f"W1 Hypothesis, {database_kind}")


@in_parts
def test_w2_walks_whose_steps_are_killed_lose_no_cell(new_url, database_kind, tmp_path, children, part):
    walks = Walks()

    walks.seeded(seeds(KILLED_WALKS[database_kind], part), new_url, tmp_path, children=children)

    walks.record(f"W2 killed walks, {database_kind}", part=part, parts=PARTS)
    assert walks.kills
    assert not walks.failures, str(walks)
