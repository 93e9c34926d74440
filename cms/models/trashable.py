"""What may be thrown away and taken back."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import UtcDateTime


class Trashable:
    """A model with a trash: what is in it has the time when it was thrown away."""

    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def trash(self) -> None:
        """Put it into the trash; what is there keeps its time."""
        if self.deleted_at is None:
            self.deleted_at = clock.now()

    def restore(self) -> None:
        """Take it out again."""
        self.deleted_at = None
