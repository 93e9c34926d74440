"""The text of a table, cut into pieces and put together: nothing that was not asked for changes by a letter."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.schema import structure
from cms.schema.errors import SchemaError
from cms.schema.sqlite.tabletext import TableText

ODD = {
    "no blanks": 'create table t(a int,"b"text,check("a"<5),unique(a,b))',
    "comments": "CREATE TABLE t ( -- one, (two\n a INTEGER, -- it's, a (comment\n /* b TEXT, */ b TEXT -- the last)\n)",
    "comment behind the name": "CREATE TABLE t /* ( */ (a INT, b TEXT)",
    "all quotings": 'CREATE TABLE "t (" (`a,``b` INT, [c (d] TEXT, "e""f)" TEXT, \'g\'\'h,\' TEXT)',
    "texts with everything": "CREATE TABLE t (a TEXT DEFAULT 'it''s ), (', b TEXT CHECK (b <> '(' OR b = \"x)\"))",
    "a column called CHECK": 'CREATE TABLE t (a INT, "CHECK" INT, [unique] INT, key INT, CHECK ("CHECK" > 0))',
    "brackets in brackets": "CREATE TABLE t (a NUMERIC(10, 2) DEFAULT ((1 + (2))), CHECK ((a) IN (1, (2), 3)))",
    "without rowid": "CREATE TABLE t (a INT PRIMARY KEY, b TEXT) WITHOUT ROWID, STRICT",
    "strict": "CREATE TABLE t (a INT, b ANY)STRICT",
    "no commas": "CREATE TABLE t (a INT, b INT, UNIQUE (a) CONSTRAINT c CHECK (b > 0) FOREIGN KEY (b) REFERENCES t)",
    "no type": "CREATE TABLE t (a, b DEFAULT 1, c CHECK (c > 0))",
    "generated": "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c AS (a + 1))",
    "conflicts": "CREATE TABLE t (a INT UNIQUE ON CONFLICT REPLACE, b INT NOT NULL ON CONFLICT IGNORE)",
    "everything of a column": (
        "CREATE TABLE t (a INTEGER CONSTRAINT p PRIMARY KEY ASC AUTOINCREMENT, "
        "b VARCHAR ( 20 ) NOT NULL DEFAULT NULL COLLATE NOCASE CONSTRAINT f REFERENCES t (a) "
        "ON DELETE SET NULL ON UPDATE SET DEFAULT MATCH FULL NOT DEFERRABLE INITIALLY IMMEDIATE UNIQUE)"
    ),
    "no blanks between words": (
        "CREATE TABLE t (\"a\"TEXT DEFAULT 'x'NOT NULL, b VARCHAR(20)NOT NULL, c INT CHECK(c>0)NOT NULL, "
        "d TEXT CONSTRAINT\"e\"UNIQUE DEFAULT(1)COLLATE[nocase], CHECK(a>''AND\"t\".b>'')UNIQUE(c)UNIQUE(a))"
    ),
    "other letters": "CREATE TABLE größe (ä INT, 名前 TEXT DEFAULT 'é', \"😀\" INT, 😀b INT)",
}


def stored(text: str) -> tuple[sqlite3.Connection, str, str]:
    """A database with the table, its name, and the text that SQLite keeps of it."""
    database = sqlite3.connect(":memory:")
    database.execute(text)
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return database, *database.execute(found).fetchone()


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_text_is_the_same_when_put_together_and_says_of_its_columns_what_sqlite_sees(text):
    database, name, kept = stored(text)

    found = TableText.read(kept)

    assert str(found) == kept
    assert found.name == name
    seen = database.execute('SELECT name, type, "notnull", dflt_value, hidden FROM pragma_table_xinfo(?)', [name])
    for column, kind, not_null, default, hidden in seen.fetchall():
        assert "".join(found.kind_of(column).upper().split()) == "".join(kind.upper().split())
        assert found.not_null(column) == bool(not_null) or column in primary_key(database, name)
        assert found.default_of(column) == default or found.default_of(column) == f"({default})"
        assert (found.generated_of(column) is not None) == (hidden in (2, 3))
    assert found.columns == [row[1] for row in database.execute(f"PRAGMA table_xinfo({structure.quoted(name)})")]


def primary_key(database: sqlite3.Connection, name: str) -> list[str]:
    return [column for (column,) in database.execute("SELECT name FROM pragma_table_xinfo(?) WHERE pk", [name])]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_each_constraint_is_found_and_the_table_without_it_is_one_still(text):
    database, name, kept = stored(text)
    rules = TableText.read(kept).rules()

    for rule in rules:
        less = TableText.read(kept)
        assert less.drop_rules(lambda one, rule=rule: one == rule)
        assert rule not in less.rules()
        assert all(one in less.rules() for one in rules if one != rule)
        if rule.kind != "PRIMARY KEY":  # WITHOUT ROWID needs its own
            again, _, _ = stored(str(less))
            assert len(columns_of(again, name)) == len(columns_of(database, name))

    uniques = {rule.columns for rule in rules if rule.kind == "UNIQUE"}
    indexes = database.execute("SELECT name FROM pragma_index_list(?) WHERE origin = 'u'", [name]).fetchall()
    assert uniques == {
        tuple(column for (column,) in database.execute("SELECT name FROM pragma_index_info(?)", [index]))
        for (index,) in indexes
    }
    keys = [(rule.parent, rule.columns[0], rule.on_delete or "NO ACTION") for rule in rules if rule.parent]
    assert keys == [
        tuple(row)
        for row in database.execute('SELECT "table", "from", on_delete FROM pragma_foreign_key_list(?)', [name])
    ]


def columns_of(database: sqlite3.Connection, name: str) -> list[tuple]:
    return database.execute("SELECT * FROM pragma_table_xinfo(?)", [name]).fetchall()


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_constraint_of_a_column_says_the_same_when_it_stands_by_itself(text):
    _, _, kept = stored(text)
    for rule in [rule for rule in TableText.read(kept).rules() if rule.kind != "PRIMARY KEY"]:
        moved = TableText.read(kept)
        moved.drop_rules(lambda one, rule=rule: one == rule)
        moved.add_rule(rule.text)

        stored(str(moved))

        said = moved.rules()[-1]
        assert (said.kind, said.name, said.columns, said.parent, said.on_delete) == (
            *(rule.kind, rule.name, rule.columns),
            *(rule.parent, rule.on_delete),
        )


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_is_changed_of_a_column_is_seen_by_sqlite_and_the_rest_stays_word_for_word(text):
    database, name, kept = stored(text)
    for column in TableText.read(kept).columns:
        changed = TableText.read(kept)
        if changed.generated_of(column) is not None or column in primary_key(database, name):
            continue
        others = [item.text for item in changed.items]
        others.pop(changed.place(column))
        changed.set_kind(column, "TEXT")
        changed.set_null(column, allowed=changed.not_null(column))
        changed.set_default(column, "'new, (one'")

        again, _, _ = stored(str(changed))

        before, after = (next(row for row in columns_of(one, name) if row[1] == column) for one in (database, again))
        assert after[2:5] == ("TEXT", 1 - before[3], "'new, (one'")
        left = [item.text for item in changed.items]
        left.pop(changed.place(column))
        assert left == others
        changed.set_default(column, None)
        assert next(row for row in columns_of(stored(str(changed))[0], name) if row[1] == column)[4] is None


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_column_is_put_behind_the_last_and_taken_away_again(text):
    database, name, kept = stored(text)
    changed = TableText.read(kept)

    changed.add_column("\"new, (one\" TEXT DEFAULT '--'")
    changed.add_rule('CONSTRAINT "c" CHECK ("new, (one" <> \')\')')

    again, _, _ = stored(str(changed))
    assert [row[1] for row in columns_of(again, name)] == [*(row[1] for row in columns_of(database, name)), "new, (one"]
    changed.drop_column("NEW, (one")
    assert columns_of(stored(str(changed))[0], name) == columns_of(database, name)
    assert changed.rules() == TableText.read(kept).rules()


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_under_another_name_a_table_is_the_same(text):
    database, name, kept = stored(text)

    again, other, _ = stored(TableText.read(kept).called("other"))

    assert other == "other"
    assert columns_of(again, "other") == columns_of(database, name)


def test_a_table_that_names_itself_in_a_check_gets_another_name():
    text = "CREATE TABLE [t] (t INT CHECK (t.t > 0 AND \"T\" . t <> 't.t'), b DEFAULT 1.5 REFERENCES t (t))"

    found = TableText.read(text).called("other")

    assert found == "CREATE TABLE other (t INT CHECK (t > 0 AND  t <> 't.t'), b DEFAULT 1.5 REFERENCES t (t))"
    stored(found)


def test_a_comment_behind_the_last_column_swallows_nothing_that_comes_after_it():
    text = TableText.read("CREATE TABLE t (a INT, -- first\n b INT -- last\n NOT NULL -- really\n)")

    text.set_null("b", allowed=True)
    text.add_rule("UNIQUE (b)")
    text.drop_column("a")

    assert stored(str(text))[0].execute("SELECT count(*) FROM pragma_index_list('t')").fetchone() == (1,)
    assert "-- really" in str(text)


def test_a_virtual_table_is_left_alone():
    with pytest.raises(SchemaError, match="made anew"):
        TableText.read("CREATE VIRTUAL TABLE t USING fts5(a)")


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
BLANKS = st.sampled_from([" ", "\n\t", " /* , ( ' */ ", " -- it's (\n", "\r\n"])
NO_BLANKS = st.one_of(st.just(""), BLANKS)  # behind a quoted text or a bracket SQLite needs none
QUOTES = st.sampled_from(['""', "``", "[]"])


@st.composite
def tables(draw) -> tuple[str, list[str]]:
    """A CREATE TABLE that SQLite takes, and its columns."""

    def quoted(name: str) -> str:
        begin, end = draw(QUOTES)
        if begin == "[":
            return f"[{name}]" if "]" not in name else quoted(name)
        return begin + name.replace(end, end * 2) + end

    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.lower))
    parts = []
    for name in names:
        words = [quoted(name)]
        words += draw(st.sampled_from([[], ["int"], ["VARCHAR ( 10 )"], ["double precision"], ["numeric(3,-2)"]]))
        text = "'" + draw(TEXTS).replace("'", "''") + "'"
        said = [f"DEFAULT {text}", f"check({quoted(name)}<>{text})", "NOT NULL", "COLLATE nocase", "unique"]
        words += draw(st.permutations(said))[: draw(st.integers(0, 5))]
        parts.append("".join(word + draw(BLANKS if word[-1].isalnum() else NO_BLANKS) for word in words))
    rules = [f"CONSTRAINT {quoted(draw(NAMES))} CHECK ({quoted(names[0])} IS NOT ')')", f"UNIQUE({quoted(names[-1])})"]
    parts += draw(st.permutations(rules))[: draw(st.integers(0, 2))]
    body = "".join(draw(BLANKS) + part + "," for part in parts).removesuffix(",")
    return f"CREATE TABLE{draw(BLANKS)}{quoted('t')}({body}{draw(BLANKS)})", names


@given(tables())
def test_whatever_sqlite_takes_is_cut_into_its_columns_and_put_together_the_same(made):
    text, names = made
    kept = stored(text)[2]

    found = TableText.read(kept)

    assert str(found) == kept
    assert found.columns == names
    for name in names[1:]:
        found.drop_column(name)
    assert [row[1] for row in columns_of(stored(str(found))[0], "t")] == names[:1]


CHANGES = {
    "default": lambda text, name: text.set_default(name, None),
    "other default": lambda text, name: text.set_default(name, "'new'"),
    "type": lambda text, name: text.set_kind(name, "TEXT"),
    "no type": lambda text, name: text.set_kind(name, ""),
    "null": lambda text, name: text.set_null(name, allowed=True),
    "not null": lambda text, name: text.set_null(name, allowed=False),
    "collation": lambda text, name: text.set_collation(name, "RTRIM"),
    "constraints": lambda text, name: text.drop_rules(lambda rule: rule.about(name)),
}


@given(tables(), st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3))
def test_whatever_is_changed_of_the_columns_they_stay_what_they_are(made, changes):
    text, names = made
    found = TableText.read(stored(text)[2])

    for change in changes:
        for name in names:
            CHANGES[change](found, name)

    again = columns_of(stored(found.called("other"))[0], "other")
    assert [row[1] for row in again] == names
    for _, _, kind, not_null, default, *_ in again:
        if "type" in changes[-1]:
            assert kind == ("TEXT" if changes[-1] == "type" else "")
        if "null" in changes[-1]:
            assert bool(not_null) == (changes[-1] == "not null")
        if "default" in changes[-1]:
            assert default == (None if changes[-1] == "default" else "'new'")
