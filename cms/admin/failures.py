"""What went wrong, said beside the field it concerns. Nothing raw is shown, nothing unknown is swallowed."""

import re

from flask import flash
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from wtforms import Form, ValidationError

from cms.errors import CmsError, StaleChange
from cms.language import gettext, lazy
from cms.transactions import is_transient

STALE = lazy("Somebody else saved this in the meantime. Compare their text with yours, then save again.")
TAKEN = lazy("There is another one with this already. Choose something else.")
IN_USE = lazy("Something else still needs this, so it stays.")
MISSING = lazy("Something that this refers to is gone. Look through the form and save again.")

# SQLite: "UNIQUE constraint failed: tag.slug"; MariaDB and MySQL name the index: 'uq_tag_slug' or 'tag.uq_tag_slug'.
_SQLITE_COLUMN = re.compile(r"constraint failed: \w+\.(\w+)")
_MYSQL_INDEX = re.compile(r"for key '(?:\w+\.)?uq_(\w+)'")


def is_conflict(error: BaseException) -> bool:
    """Whether somebody else was faster."""
    return isinstance(error, StaleChange | StaleDataError)


def explain(error: Exception, form: Form | None, table: str = "") -> None:
    """Say ``error`` beside its field, or above the form. Raises it again when it is none of ours to explain."""
    message, field = _words(error, table)
    name = _shown_as(form, field) if form is not None and field is not None else None
    if form is not None and name is not None:
        add_error(form, name, message)
    else:
        tell(message, form)


def tell(message: str, form: Form | None) -> None:
    """Say ``message`` in the summary above ``form``; where there is none, at the top of the next page."""
    if form is not None:
        form.form_errors = [*form.form_errors, str(message)]
    else:
        flash(str(message), "error")


def add_error(form: Form, field: str, message: str) -> None:
    """Put ``message`` under a field."""
    form._fields[field].errors = [*form._fields[field].errors, message]


def _shown_as(form: Form, field: str) -> str | None:
    """A key is chosen through its relation: ``cover_id`` stands in the form as ``cover``."""
    return next((name for name in (field, field.removesuffix("_id")) if name in form._fields), None)


def _words(error: Exception, table: str) -> tuple[str, str | None]:
    if isinstance(error, CmsError):
        return str(error), getattr(error, "field", None)
    if isinstance(error, StaleDataError):
        return str(STALE), None
    if isinstance(error, ValidationError):
        return str(error), None
    if isinstance(error, IntegrityError) and not is_transient(error):
        return _integrity(error, table)
    if isinstance(error, DataError) and not is_transient(error):
        return gettext("Something here is longer or larger than can be kept."), None
    raise error


def _integrity(error: IntegrityError, table: str) -> tuple[str, str | None]:
    text = str(error.orig)
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    if "UNIQUE" in text or code == 1062:
        return str(TAKEN), _column(text, table)
    if code == 1451:
        return str(IN_USE), None
    if "FOREIGN KEY" in text or code == 1452:
        return str(MISSING), None
    if "NOT NULL" in text or code == 1048:
        return gettext("Fill this in."), _column(text, table)
    return gettext("This does not fit with what is there already. Look through the form and save again."), None


def _column(text: str, table: str) -> str | None:
    found = _SQLITE_COLUMN.search(text)
    if found:
        return found[1]
    found = _MYSQL_INDEX.search(text)
    return found[1].removeprefix(f"{table}_") if found else None
