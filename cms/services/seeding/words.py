"""Words to make plausible texts of: our own, in plain English."""

import random
import re
from functools import cache
from itertools import chain, islice, permutations

FIRST = "Ada Bruno Chidi Dana Elif Farid Greta Hana Ivan Jun Kofi Lena Marta Nils Olga Pavel Quinn Rosa Samir Tove"
LAST = "Abel Brandt Costa Dorn Evans Falk Gomez Hart Imani Jansen Kaur Lind Moreau Novak Okoro Petrov"
INITIALS = "ABCDEFGHJKLMNOPRSTVWXYZ"
ADJECTIVES = (
    "quiet small honest slow careful open bright early patient plain useful odd warm narrow steady new old brave"
    " simple shared hidden gentle sharp modest wide common rare local distant"
)
NOUNS = (
    "river garden index ladder harbour window kitchen library engine market orchard bridge signal workshop archive"
    " meadow station recipe notebook island lantern budget protocol neighbour forecast museum bicycle letter compass"
    " server form deadline meeting queue map"
)
VERBS = "keeps finds loses repairs measures explains carries opens closes follows teaches remembers crosses"
TITLES = (
    "The {adjective} {noun}",
    "What a {noun} {verb}",
    "How the {adjective} {noun} {verb} the {other}",
    "{adjective} {noun}s, and where to look for them",
    "Notes on a {adjective} {noun}",
    "A {noun}, a {other} and a {adjective} afternoon",
    "Why every {noun} needs a {other}",
    "Learning from the {noun}",
)
SENTENCES = (
    "The {adjective} {noun} {verb} the {other} before anybody asks for it.",
    "We walked to the {noun} and found that the {other} had been {adjective} all along.",
    "Nobody had counted the {noun}s, so we began with the {adjective} one.",
    "It is easy to praise a {adjective} {noun}; it is harder to build one that {verb} a {other}.",
    "In spring the {noun} {verb} more than it should, and the {other} is the first to notice.",
    "My neighbour says that a {noun} without a {other} is only half a promise.",
    "Three things helped: a {adjective} plan, a {noun}, and somebody who {verb} the {other}.",
    "The second week was {adjective}: each {noun} needed a {other}, and each {other} a name.",
    "What we know about the {noun} comes from one {adjective} letter.",
    "If you only change one thing, let the {noun} be {adjective}.",
)


def _filled(pattern: str, chance: random.Random) -> str:
    noun, other = chance.sample(NOUNS.split(), 2)
    text = pattern.format(
        adjective=chance.choice(ADJECTIVES.split()), noun=noun, other=other, verb=chance.choice(VERBS.split())
    )
    text = re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", text)
    text = text.replace("ibrarys", "ibraries")
    return text[0].upper() + text[1:]


def title(chance: random.Random) -> str:
    return _filled(chance.choice(TITLES), chance)


def paragraphs(chance: random.Random) -> str:
    """Markdown of about 100 words in three paragraphs, some with a heading, a list or a quotation."""
    blocks = [" ".join(_filled(chance.choice(SENTENCES), chance) for _ in range(2)) for _ in range(3)]
    extra = chance.randrange(4)
    if extra == 1:
        blocks.insert(1, f"## {title(chance)}")
    elif extra == 2:
        blocks.insert(2, "\n".join(f"- {_filled('a {adjective} {noun}', chance)}" for _ in range(3)))
    elif extra == 3:
        blocks.insert(2, f"> {_filled(chance.choice(SENTENCES), chance)}")
    blocks.append(f"*{_filled(chance.choice(SENTENCES), chance)}*")
    return "\n\n".join(blocks) + "\n"


def comment(chance: random.Random) -> str:
    """A sentence or two, as readers write."""
    return " ".join(_filled(chance.choice(SENTENCES), chance) for _ in range(chance.choice((1, 1, 2))))


@cache
def name(number: int) -> str:
    """One of 320 names; none twice among the first 60, and from 320 on with an initial in the middle."""
    first, last = FIRST.split(), LAST.split()
    rest, turn = number % 320, number // 320
    middle = f" {INITIALS[turn % len(INITIALS)]}." if turn else ""
    return f"{first[rest % len(first)]}{middle} {last[(rest // len(first) * 5 + rest % 3) % len(last)]}"


def tags(count: int) -> list[str]:
    """Different tags, 75,000 at most: nouns first, then with an adjective, with two, and with another noun."""
    nouns, adjectives = NOUNS.split(), ADJECTIVES.split()
    patterns = (
        iter(nouns),
        (f"{adjective} {noun}" for adjective in adjectives for noun in nouns),
        (f"{first} {second} {noun}" for first, second in permutations(adjectives, 2) for noun in nouns),
        (f"{adjective} {one} and {other}" for adjective in adjectives for one, other in permutations(nouns, 2)),
    )
    return list(islice(chain.from_iterable(patterns), count))
