"""The thread of each process that does what is due."""

import logging
import random
import threading
from collections.abc import Callable

from flask import Flask

LOOK_EVERY_SECONDS = 10

log = logging.getLogger(__name__)


class Worker(threading.Thread):
    """Calls ``work`` (how much it did) every ten seconds, and at once when woken or when there was something to do."""

    def __init__(self, app: Flask, work: Callable[[], int]) -> None:
        super().__init__(name="jobs", daemon=True)
        self.app = app
        self.work = work
        self._woken = threading.Event()
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            if self._try() == 0:
                # Workers that began together must not look together for ever.
                self._woken.wait(LOOK_EVERY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 (jitter, no secret)

    def _try(self) -> int:
        try:
            with self.app.app_context():
                return self.work()
        except Exception as error:  # the database may be away for a while, and the thread must outlive that
            log.warning("jobs wait: %s", type(error).__name__)
            return 0

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        """End after the job at hand."""
        self._stopping.set()
        self._woken.set()
        if self.is_alive():
            self.join(timeout=5)
