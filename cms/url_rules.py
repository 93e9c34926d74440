"""Rules of addresses that cost nothing until an address is built by them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import Rule


class UrlRule(Rule):
    """Compiles its builders at their first use.

    Werkzeug writes and compiles two functions for each of the 280 rules while the app is made: two thirds of the time
    that ``create_app`` takes, in each ``flask`` command and each worker, for functions of which few are ever called.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        whole = super()._compile_builder
        builder = cache(lambda: whole(append_unknown))

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            return builder()(rule, **values)

        return build
