"""What can go wrong in words fit for the person in front of the screen."""


class CmsError(Exception):
    """An error whose message may be shown as it is; ``field`` names the form field to show it at, if there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotAllowed(CmsError):
    """The person lacks the right for this."""


class InvalidChange(CmsError):
    """The change cannot be made."""


class StaleChange(InvalidChange):
    """Somebody else saved in the meantime."""
