"""Whether a comment is spam, by the clues in it: words, addresses, and what its writer said of themselves.

Each clue has a probability by how often it stood in spam and in ham; Fisher's method joins them. Gary Robinson, "A
Statistical Approach to the Spam Problem", Linux Journal 107, March 2003; the constants are those of SpamBayes.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from cms.text import tokens

MOST_CLUES = 300  # of one comment: the first in it, so that a long one fills no table
MOST_WEIGHED = 150  # those that say most
LEAST_STRENGTH = 0.1  # of what is weighed: how far from even
PRIOR, PRIOR_STRENGTH = 0.5, 0.45  # what a clue says that was never seen, and how many sightings that is worth
SHORTEST = 3  # letters of a word that says anything
MOST_TOLD = 5  # reasons for either side
LONGEST_TOLD = 60

WEB = re.compile(r"(?:https?://|\bwww\.)([^\s/<>()\"'\[\]:?#]{1,253})", re.IGNORECASE)
MAIL = re.compile(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63})+)")
NOISE = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


class Clue(NamedTuple):
    """``kind`` is word, name, domain, mail, website, addresses; ``value`` is fit to be shown."""

    kind: str
    value: str


class Seen(NamedTuple):
    """In how many comments of either kind."""

    ham: int
    spam: int


@dataclass(frozen=True)
class Reason:
    """A clue that weighed; ``pull`` is from -100 (ham) to 100 (spam)."""

    clue: Clue
    pull: int
    seen: Seen


@dataclass(frozen=True)
class Verdict:
    """``score`` is 0 for ham, 1 for spam, and about 0.5 for what the clues do not agree on."""

    score: float
    reasons: list[Reason]


def clues_of(*, name: str, email: str, website: str, body: str) -> list[Clue]:
    """What a comment is known by, each once and at most ``MOST_CLUES``, what its writer is known by first."""
    return list(dict.fromkeys(_clues(name, email, website, body)))[:MOST_CLUES]


def _clues(name: str, email: str, website: str, body: str) -> Iterator[Clue]:
    yield Clue("mail", email.rpartition("@")[2].lower())
    yield Clue("website", "yes" if website else "")
    web, mail = WEB.findall(body), MAIL.findall(body)
    yield Clue("addresses", _bucket(len(web) + len(mail)))
    for domain in (*_host(website), *web, *mail):
        yield Clue("domain", domain.lower().removeprefix("www.").rstrip(".,;!"))
    for word in _words(name):
        yield Clue("name", word)
    for word in _words(NOISE.sub(" ", body)):
        yield Clue("word", word)


def _host(website: str) -> list[str]:
    try:
        host = urlsplit(website).hostname
    except ValueError:
        return []
    return [host] if host else []


def _bucket(count: int) -> str:
    return str(count) if count <= 2 else "3-5" if count <= 5 else "6+"


def _words(text: str) -> Iterator[str]:
    for token in tokens.for_index(text).split():
        word = tokens.readable(token)
        if not word.isascii() or len(word) >= SHORTEST:
            yield word


def judge(seen: Mapping[Clue, Seen], of: Seen) -> Verdict:
    """What ``seen`` of each clue says; ``of`` is how many comments of either kind there were in all."""
    weighed = []
    for clue, counts in seen.items():
        odds = probability(counts, of)
        if abs(odds - 0.5) >= LEAST_STRENGTH:
            weighed.append((odds, clue, counts))
    weighed.sort(key=lambda one: (-abs(one[0] - 0.5), one[1]))
    weighed = weighed[:MOST_WEIGHED]
    told = [Reason(_short(clue), round((odds - 0.5) * 200), counts) for odds, clue, counts in weighed]
    spam = [reason for reason in told if reason.pull > 0][:MOST_TOLD]
    ham = [reason for reason in told if reason.pull < 0][:MOST_TOLD]
    return Verdict(_joined([odds for odds, _, _ in weighed]), spam + ham)


def _short(clue: Clue) -> Clue:
    return Clue(clue.kind, clue.value[:LONGEST_TOLD])


def probability(seen: Seen, of: Seen) -> float:
    """That a comment with a clue seen so often is spam. Few sightings say little (Robinson's f(w))."""
    ham, spam = seen.ham / max(of.ham, 1), seen.spam / max(of.spam, 1)
    sightings = seen.ham + seen.spam
    raw = spam / (ham + spam) if sightings else PRIOR
    return (PRIOR_STRENGTH * PRIOR + sightings * raw) / (PRIOR_STRENGTH + sightings)


def _joined(odds: Sequence[float]) -> float:
    if not odds:
        return 0.5
    freedom = 2 * len(odds)
    spam = 1 - _chi_squared_tail(-2 * sum(math.log(1 - one) for one in odds), freedom)
    ham = 1 - _chi_squared_tail(-2 * sum(math.log(one) for one in odds), freedom)
    return (spam - ham + 1) / 2


def _chi_squared_tail(value: float, freedom: int) -> float:
    """The chance that chi-squared with ``freedom`` (even) degrees of freedom is at least ``value``."""
    half = value / 2
    total = term = math.exp(-half)
    for number in range(1, freedom // 2):
        term *= half / number
        total += term
    return min(total, 1.0)
