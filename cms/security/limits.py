"""How often somebody may try to get in: the more tries, the longer the wait."""

from flask import Response, after_this_request, request

from cms.language import gettext, ngettext
from cms.services import rate_limiting
from cms.services.rate_limiting import Limit

# So many tries in so many seconds. A short look at each: the wait grows with the window that is full.
OF_ONE_ACCOUNT = ((5, 60), (10, 600), (30, 3600))
OF_ONE_ADDRESS = ((20, 60), (60, 600), (200, 3600))
MAILS_TO_ONE_ACCOUNT = ((3, 3600),)
MAILS_FROM_ONE_ADDRESS = ((10, 3600), (30, 86400))

Windows = tuple[tuple[int, int], ...]


def refusal(what: str, who: str, of_who: Windows, of_address: Windows) -> str | None:
    """Count a try; the sentence for somebody who must wait, and status 429 for the answer. Call it first."""
    address = rate_limiting.network(request.remote_addr)
    over = rate_limiting.exceeded(
        [Limit(what, f"account {who}", most, seconds) for most, seconds in of_who]
        + [Limit(what, f"address {address}", most, seconds) for most, seconds in of_address]
    )
    if not over:
        return None
    seconds = max(rate_limiting.seconds_left(limit.seconds) for limit in over)

    @after_this_request
    def too_many(response: Response) -> Response:
        if response.status_code == 200:  # some views answer a wrong code by leading back to where it is asked for
            response.status_code = 429
            response.headers["Retry-After"] = str(seconds)
        return response

    return gettext("Too many tries. Wait %(time)s, then try again.", time=in_words(seconds))


def clear(what: str, who: str, windows: Windows) -> None:
    """Forget the tries of an account that has got in."""
    for _most, seconds in windows:
        rate_limiting.forget(what, f"account {who}", seconds=seconds)


def in_words(seconds: int) -> str:
    """``45 seconds``, ``1 minute``, ``10 minutes``: rounded up."""
    if seconds < 60:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    minutes = -(-seconds // 60)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)
