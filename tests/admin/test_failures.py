"""What the admin makes of errors: words for mistakes, and nothing swallowed."""

import pymysql
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from wtforms import Form, StringField

from cms.admin import failures
from cms.errors import InvalidChange


class NameForm(Form):
    name = StringField("Name")


def shown(error: Exception) -> list[str]:
    form = NameForm()
    form.validate()
    failures.explain(error, form, "tag")
    return list(form.name.errors)


def test_a_mistake_is_said_beside_its_field():
    assert shown(InvalidChange("Choose another.", field="name")) == ["Choose another."]


@pytest.mark.parametrize(
    "raw",
    [
        pymysql.err.IntegrityError(1062, "Duplicate entry 'x' for key 'uq_tag_name'"),
        pymysql.err.IntegrityError(1062, "Duplicate entry 'x' for key 'tag.uq_tag_name'"),
        Exception("UNIQUE constraint failed: tag.name"),
    ],
)
def test_what_is_taken_is_said_beside_its_field_on_every_database(raw):
    assert shown(IntegrityError("INSERT secret", {}, raw)) == [failures.TAKEN]


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("UPDATE", {}, pymysql.err.OperationalError(1213, "Deadlock found")),
        OperationalError("UPDATE", {}, Exception("database is locked")),
        TypeError("a mistake of ours"),
    ],
)
def test_a_lost_transaction_and_our_own_mistakes_go_on_to_who_knows_them(error):
    with pytest.raises(type(error)):
        shown(error)
