"""Changing rows: the one place where the admin commits, writes the audit log and says what went wrong."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_login import current_user
from sqlalchemy import inspect
from wtforms import Form

from cms.admin import failures
from cms.db import db
from cms.language import gettext, number
from cms.services import auditing, remaking
from cms.transactions import try_again_if_possible

SECRETS = frozenset(
    {"password", "fs_uniquifier", "tf_totp_secret", "tf_primary_method", "mf_recovery_codes", "form_token"}
)


class Saving:
    """The writing half of ``CmsModelView``. A view overrides ``make``, ``change`` and ``remove`` to call services."""

    audited: Sequence[str] | None = None  # fields for the audit log; those of the form unless told
    trashes = False  # whether deleting puts rows into a trash, by ``trash()`` and ``restore()`` of the model

    @property
    def deletes_undoably(self) -> bool:
        """Whether a button undoes it, at least as a rule."""
        return self.trashes or self.model in remaking.KINDS

    def final_words(self, rows: Sequence[Any], *, and_more: bool = False) -> str:
        """That no button undoes it when ``rows`` are deleted, in words; empty where one does.

        With ``and_more`` others go that nobody looked at.
        """
        if not self.deletes_undoably:
            return gettext("This cannot be undone.")
        if self.trashes:
            return ""
        lost = remaking.on_too_many_posts(rows)
        most = number(remaking.MOST_POSTS)
        if lost and len(rows) == 1 and not and_more:
            return gettext("This cannot be undone: it is on more than %(most)s posts.", most=most)
        said = []
        if lost:
            which = gettext(", ").join(str(row) for row in lost)
            said.append(
                gettext("On more than %(most)s posts, so it will not come back: %(names)s.", most=most, names=which)
            )
        if and_more and remaking.KINDS[self.model].pairs is not None:
            said.append(
                gettext("Of the others, what is on more than %(most)s posts will not come back either.", most=most)
                if lost
                else gettext("What is on more than %(most)s posts will not come back.", most=most)
            )
        return " ".join(said)

    # What a view may say differently. Each works on the session and leaves the commit to the base.
    def make(self, form: Form) -> Any:
        """A new row out of ``form``, added to the session."""
        row = self.build_new_instance()
        form.populate_obj(row)
        self.on_model_change(form, row, True)
        db.session.add(row)
        db.session.flush()
        self.record("created", row, after=self.facts(row))
        return row

    def change(self, form: Form, row: Any) -> None:
        """Give ``row`` what ``form`` says."""
        before = self.facts(row)
        form.populate_obj(row)
        self.on_model_change(form, row, False)
        db.session.flush()
        before, after = auditing.changed(before, self.facts(row))
        if before or after:
            self.record("edited", row, before=before, after=after)

    def remove(self, row: Any) -> None:
        """Put ``row`` into the trash where there is one; else delete it."""
        self.on_model_delete(row)
        if self.trashes:
            row.trash()
            self.record("trashed", row)
        else:
            self.record("deleted", row, before=self.facts(row) | remaking.kept(row))
            db.session.delete(row)
        db.session.flush()

    def put_back(self, row: Any) -> None:
        """Take ``row`` out of the trash."""
        row.restore()
        self.record("restored", row)

    # The audit log
    def record(self, verb: str, row: Any, **facts: Any) -> None:
        """Write the audit entry of one act: ``tag.created``."""
        auditing.record(f"{row.__tablename__}.{verb}", row, by=self.person, **facts)

    def facts(self, row: Any) -> dict[str, Any]:
        """The fields of ``row`` for the audit log, by name. Never a secret."""
        names = self.audited if self.audited is not None else self.form_columns or ()
        fields = {name: _plain(getattr(row, name, None)) for name in names if name not in SECRETS}
        return fields | {name: [_whole(item) for item in getattr(row, name)] for name in self._inline_relations()}

    def _inline_relations(self) -> list[str]:
        """The relations whose rows the form has within itself."""
        inside = {_model_of(inline) for inline in self.inline_models or ()}
        relations = inspect(self.model).relationships
        return [one.key for one in relations if one.uselist and not one.viewonly and one.mapper.class_ in inside]

    @property
    def person(self) -> Any:
        """Whoever is signed in: the account itself, as services want it."""
        return current_user._get_current_object()

    # What Flask-Admin calls. Errors of the reader become words; all others go on to who knows them.
    def create_model(self, form: Form) -> Any:
        return self.attempt(lambda: self.make(form), form) or False

    def update_model(self, form: Form, model: Any) -> bool:
        return bool(self.attempt(lambda: self.change(form, model) or True, form, row=model))

    def delete_model(self, model: Any) -> bool:
        return bool(self.attempt(lambda: self.remove(model) or True, row=model))

    def attempt(self, act: Callable[[], Any], form: Form | None = None, row: Any = None) -> Any:
        """Do ``act`` and commit; what it gives. None, with the reason said and nothing kept, when it cannot be done."""
        key = inspect(row).identity if isinstance(row, db.Model) else None
        try:
            result = act()
            db.session.commit()
            return result
        except Exception as error:
            db.session.rollback()
            if failures.is_conflict(error):
                self.conflict(form, self.get_one(key[0]) if key else None)
                return None
            self.handle_view_exception(error, form)
            return None

    def handle_view_exception(self, exc: Exception, form: Form | None = None) -> bool:
        """Say ``exc`` in words beside its field. Raises it again when it is nobody's mistake: lost transactions too."""
        failures.explain(exc, form, self.model.__tablename__)
        return True

    def conflict(self, form: Form | None, row: Any) -> None:
        """Say that somebody else was faster. ``row`` is what they left, or None when it is gone.

        An act without a form saw no text that could be stale: it is done again on what there is now.
        """
        if form is None:
            try_again_if_possible()
        failures.tell(
            failures.STALE if row is not None else gettext("Somebody else deleted this in the meantime."), form
        )


def _model_of(inline: Any) -> Any:
    """Flask-Admin takes a model, a model with options, or a form that knows its model."""
    return getattr(inline, "model", inline[0] if isinstance(inline, tuple) else inline)


def _whole(row: Any) -> dict[str, Any]:
    """A row of an inline form with its columns: once it is removed, the log alone knows what it was."""
    columns = inspect(type(row)).column_attrs
    return {one.key: getattr(row, one.key) for one in columns if one.key not in SECRETS}


def _plain(value: Any) -> Any:
    if isinstance(value, db.Model):
        return getattr(value, "id", str(value))
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
