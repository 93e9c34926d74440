"""The page that answers a comment, of each list of comments."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.helpers import get_form_data
from wtforms import TextAreaField

from cms.admin.converting import CmsForm
from cms.language import gettext, lazy
from cms.services import moderating


class AnswerForm(CmsForm):
    """One field, whose errors are those of a comment's text."""

    answer = TextAreaField(lazy("Your answer"), render_kw={"rows": 8, "required": True})


def count_of(text: str | None) -> int | None:
    """What a form sent back as the number of changes; None where it sent none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


class Answering:
    """For a view of comments; named before ``CmsModelView``. Which of them may be answered, the service says."""

    shows_emails = False  # of those who wrote them

    @expose("/answer/", methods=("GET", "POST"))
    def answer_view(self: Any) -> ResponseReturnValue:
        """A comment, and below it the form of an answer."""
        row = self.one_or_404(request.args.get("id"))
        form = AnswerForm(get_form_data())
        if self.validate_form(form):
            edits = count_of(request.form.get("edits"))
            said = self.attempt(
                lambda: moderating.answer(row, form.answer.data or "", by=self.person, edits=edits), form, row=row
            )
            if said is not None:
                flash(gettext("Your answer is shown below the comment."), "success")
                return redirect(self._return_url())
            row = self.one_or_404(request.args.get("id"))
        page = self.render("admin/comment/answer.html", model=row, form=form, return_url=self._return_url())
        return page, 422 if request.method == "POST" else 200
