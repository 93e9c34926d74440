"""The filter by itself: what it makes of comments, and how sure it is. No database."""

from collections import Counter
from random import Random

import pytest

from cms.services.spam_filter import SPAM_FROM
from cms.services.spam_memory import LEAST_LEARNED
from cms.text.spam import MOST_CLUES, Clue, Seen, clues_of, judge, probability
from tests.naughty import NAUGHTY
from tests.text import spam_corpus


class Taught:
    """A filter in memory."""

    def __init__(self, ham, spam):
        self.of = Seen(len(ham), len(spam))
        self.ham = Counter(clue for comment in ham for clue in clues_of(**comment))
        self.spam = Counter(clue for comment in spam for clue in clues_of(**comment))

    def judge(self, comment):
        return judge({clue: Seen(self.ham[clue], self.spam[clue]) for clue in clues_of(**comment)}, self.of)

    def takes_for_spam(self, comment):
        return int(self.judge(comment).score * 100) >= SPAM_FROM


def split(comments, part):
    return comments[:part], comments[part:]


@pytest.mark.parametrize(
    ("taught", "of", "least_caught"),
    [
        # What is sold is known, its words come in another order.
        (LEAST_LEARNED, slice(None), 0.99),
        (200, slice(None), 0.99),
        # It has seen neither these shops nor what they sell: four of seven, and four of ten, are new.
        (LEAST_LEARNED, slice(0, 3), 0.95),
        (200, slice(0, 3), 0.75),
    ],
)
def test_no_ham_is_taken_for_spam_and_most_spam_is_caught(taught, of, least_caught, record_property):
    shares = []
    for seed in range(5):
        known_ham, new_ham = split(spam_corpus.ham(500, seed), taught)
        known_spam = spam_corpus.spam(taught, seed, of=of)
        new_spam = spam_corpus.spam(300, seed + 100, of=slice(None) if of == slice(None) else slice(3, None))
        them = Taught(known_ham, known_spam)

        assert [one["body"] for one in new_ham if them.takes_for_spam(one)] == []
        shares.append(sum(them.takes_for_spam(one) for one in new_spam) / len(new_spam))

    record_property("caught", [round(share, 3) for share in shares])
    assert min(shares) >= least_caught, shares


def test_a_pitch_of_a_kind_never_seen_is_let_pass_rather_than_guessed():
    them = Taught(spam_corpus.ham(100, 1), spam_corpus.spam(100, 1))
    quiet = {"name": "Ada", "email": "", "website": "", "body": "Zwölf Boxkämpfer jagen Viktor quer über den Deich."}

    assert not them.takes_for_spam(quiet)


def test_padding_with_random_words_does_not_carry_spam_through():
    them = Taught(spam_corpus.ham(200, 1), spam_corpus.spam(200, 1))
    chance = Random(3)
    for comment in spam_corpus.spam(40, 9):
        words = " ".join("".join(chance.choices("abcdefghij", k=8)) for _ in range(60))
        assert them.takes_for_spam({**comment, "body": f"{comment['body']} {words}"})


def test_good_words_of_somebody_who_never_sold_anything_pull_to_the_other_side():
    verdict = Taught(spam_corpus.ham(200, 1), spam_corpus.spam(200, 1)).judge(spam_corpus.spam(1, 77)[0])

    pulls = [reason.pull for reason in verdict.reasons]
    assert max(pulls) > 80
    assert len([pull for pull in pulls if pull > 0]) <= 5
    assert all(-100 <= pull <= 100 for pull in pulls)
    assert all(reason.seen.spam <= 200 and reason.seen.ham <= 200 for reason in verdict.reasons)


def test_few_sightings_say_little():
    of = Seen(100, 100)

    assert probability(Seen(0, 0), of) == 0.5
    assert 0.5 < probability(Seen(0, 1), of) < probability(Seen(0, 5), of) < 1
    assert probability(Seen(3, 3), of) == pytest.approx(0.5)
    assert judge({}, of).score == 0.5


def test_a_comment_is_known_by_words_names_addresses_and_what_is_left_out():
    found = clues_of(
        name="Ada Lovelace",
        email="ada@Mail.Example.org",
        website="https://www.example.com/me",
        body="See HTTPS://shop.example/x?y=1 and www.shop.example, mail me: a.b@post.example. Ça va? 数据库",
    )

    assert Clue("mail", "mail.example.org") in found
    assert Clue("addresses", "3-5") in found
    domains = {clue.value for clue in found if clue.kind == "domain"}
    assert domains == {"example.com", "shop.example", "post.example"}
    assert {clue.value for clue in found if clue.kind == "name"} == {"ada", "lovelace"}
    words = {clue.value for clue in found if clue.kind == "word"}
    assert {"see", "shop", "数据", "据库"} <= words
    assert not {"https", "www", "va"} & words
    nothing = clues_of(name="", email="", website="", body="")
    assert nothing == [Clue("mail", ""), Clue("website", ""), Clue("addresses", "0")]


@pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)
def test_anything_has_clues(text):
    found = clues_of(name=text, email=text, website=text, body=text * 3)

    assert len(set(found)) == len(found) <= MOST_CLUES
    assert 0 <= judge({clue: Seen(1, 2) for clue in found}, Seen(5, 5)).score <= 1


def test_the_longest_comment_has_a_bounded_number_of_clues():
    body = " ".join(f"word{number}" for number in range(2000))

    assert len(clues_of(name="Ada", email="", website="", body=body)) == MOST_CLUES
