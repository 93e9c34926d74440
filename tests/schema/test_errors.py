"""What is told of rows that stand in the way reads as a sentence, for one of them too."""

import pytest

from cms.schema.errors import Obstacle


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("1 rows of thing would have no c, which refuses NULL", "1 row of thing would have no c, which refuses NULL"),
        ("1 rows of my own thing are there", "1 row of my own thing is there"),
        ("1 values of thing (a, b) are there twice", "1 value of thing (a, b) is there twice"),
        ("1 cells of thing.c point to nothing", "1 cell of thing.c points to nothing"),
        ("1 rows have no thing.c: those have none", "1 row has no thing.c: those have none"),
        ("11 rows of thing break ck", "11 rows of thing break ck"),
        ("thing.c holds 1 times NULL", "thing.c holds 1 times NULL"),
    ],
)
def test_one_row_is_told_as_one(said, read):
    assert str(Obstacle(said)).startswith(f"{read}. Nothing is deleted")
