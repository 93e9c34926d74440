"""Bringing rows in from a CSV file: first what it would do, row by row, then the doing."""

import base64
import binascii
from collections import Counter
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose

from cms.db import db
from cms.errors import CmsError, InvalidChange
from cms.language import gettext, ngettext, number
from cms.services.importing import csv_rows
from cms.services.importing.csv_rows import KINDS, Outcome

MOST_SHOWN = 200


class Importing:
    """The import of a ``CmsModelView`` whose model is among ``KINDS``."""

    can_import = True
    import_template = "admin/model/import.html"

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self) -> ResponseReturnValue:
        """The form; what the chosen file would do; or the doing, where ``act`` says so."""
        if not self.can_create:
            abort(403)
        if request.method == "GET":
            return self._import_page()
        try:
            data = _file()
            rows = csv_rows.read(KINDS[self.model], data)
        except InvalidChange as error:
            return self._import_page(error=str(error)), 422
        for_real = request.form.get("act") == "import"
        outcomes = csv_rows.take(KINDS[self.model], rows, by=self.person)
        if not for_real:
            db.session.rollback()
            return self._import_page(outcomes=outcomes, data=base64.b64encode(data).decode())
        try:
            db.session.commit()
        except CmsError as error:
            db.session.rollback()
            return self._import_page(error=str(error)), 422
        taken = [one for one in outcomes if not one.is_wrong]
        if taken:
            flash(gettext("Imported: %(what)s.", what=told(taken)), "success")
        if refused := len(outcomes) - len(taken):
            words = ngettext(
                "Not imported: %(num)s row with a mistake.", "Not imported: %(num)s rows with a mistake.", refused
            )
            flash(words, "error")
        return redirect(self.get_url(".index_view"))

    def _import_page(self, *, outcomes: list[Outcome] | None = None, data: str = "", error: str = "") -> str:
        # Those that are wrong come first: they are what somebody has to look at.
        shown = sorted(outcomes or [], key=lambda one: (not one.is_wrong, one.line))
        return self.render(
            self.import_template,
            kind=KINDS[self.model],
            outcomes=shown[:MOST_SHOWN],
            left_out=max(0, len(shown) - MOST_SHOWN),
            told=told(outcomes) if outcomes else "",
            changes=any(one.result in (csv_rows.NEW, csv_rows.CHANGED) for one in shown),
            data=data,
            error=error,
        )


def told(outcomes: list[Outcome]) -> str:
    """How many rows came to what: 3 new, 1 unchanged."""
    counts = Counter(one.result for one in outcomes)
    order = (csv_rows.NEW, csv_rows.CHANGED, csv_rows.SAME, csv_rows.WRONG)
    return gettext(", ").join(
        gettext("%(count)s %(result)s", count=number(counts[result]), result=gettext(result))
        for result in order
        if counts[result]
    )


def _file() -> bytes:
    sent: Any = request.files.get("file")
    if sent is not None and sent.filename:
        data: bytes = sent.read(csv_rows.MOST_BYTES + 1)
    else:
        try:
            data = base64.b64decode(request.form.get("data", ""), validate=True)
        except (binascii.Error, ValueError):
            data = b""
    if not data:
        raise InvalidChange(gettext("Choose a file first."))
    return data
