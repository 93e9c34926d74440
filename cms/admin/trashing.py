"""The trash of a table of records: hidden from its list until one asks for it, and a way back."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_admin.actions import action
from sqlalchemy import ColumnElement, Select

from cms.admin import filters
from cms.admin.paths import Path
from cms.language import gettext, lazy
from cms.models.trashable import Trashable

TRASHED = "trashed"


class Trashing:
    """For a view whose model is ``Trashable``; named before ``CmsModelView``."""

    trashes = True
    trash_filter = "status"  # one is made of this name unless the view has one with a choice called ``trashed``
    model: type[Trashable]

    @property
    def shows_trash(self) -> bool:
        """Whether the trash is asked for."""
        return request.args.get(self.trash_filter) == TRASHED

    def listed(self, query: Select[Any]) -> Select[Any]:
        return query if self.shows_trash else query.where(self.model.deleted_at.is_(None))

    def get_filters(self) -> list[filters.Filter]:
        found = super().get_filters()
        if any(one.name == self.trash_filter for one in found):
            return found
        choices = [("kept", lazy("Kept")), (TRASHED, lazy("In the trash"))]
        return [*found, filters.Choice(self.trash_filter, lazy("State"), choices, self._in_state, self._path_of)]

    def _in_state(self, state: str) -> ColumnElement[bool]:
        deleted_at = self.model.deleted_at
        return deleted_at.is_not(None) if state == TRASHED else deleted_at.is_(None)

    def _path_of(self, state: str) -> Path:
        return Path(self._key, self.model.deleted_at if state == TRASHED else None, (self._in_state(state),))

    @action("restore", lazy("Restore"))
    def restore_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, self.put_back, gettext("taken out of the trash"))

    def get_actions_list(self) -> tuple[list[Any], dict[Any, Any]]:
        """In the trash one can restore; elsewhere everything else."""
        actions, questions = super().get_actions_list()
        return [(name, words) for name, words in actions if (name == "restore") == self.shows_trash], questions
