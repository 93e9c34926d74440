"""Made-up comments as a blog gets them: people who talk about posts, and those who sell. No line was ever sent."""

from itertools import product
from random import Random

PEOPLE = (
    "Ada",
    "Grace",
    "Nora Lindqvist",
    "Tomás",
    "Priya",
    "王小雨",
    "Jürgen",
    "Amina",
    "Kofi",
    "Sofia",
    "Liam",
    "Yuki",
)
HOMES = ("example.org", "nora.example.net", "kofi.example.com", "uni-example.edu", "mail.example.org")
BEGINNINGS = (
    "Thanks for this.",
    "I tried the second approach last week.",
    "This is the clearest explanation I have read.",
    "One question about the migration part:",
    "Small typo in the third paragraph:",
    "We had the same trouble at work.",
    "Great post, and a nice surprise in my feed reader.",
    "I am not sure I agree.",
    "As somebody who teaches this,",
    "For anybody on an older release:",
    "Coming back to this a year later,",
    "Lovely picture at the top.",
)
MIDDLES = (
    "does the index still help when the table has a million rows?",
    "the query took nine seconds before and two after.",
    "my students always stumble over the difference between a revision and a draft.",
    "it says “from”, should be “form”.",
    "we ended up with a lock that nobody released until the server was restarted.",
    "Caching made it worse for us.",
    "you need to restart the worker after changing the setting, which cost me an evening.",
    "the link to the documentation is broken, it moved to https://docs.example.org/guide/setup these days.",
    "I would rather keep the template small and do the work in the view.",
    "what about readers who use a screen reader?",
    "the free tier of that service was enough for our small shop.",
    "could you show the whole configuration file?",
    "I wrote about the opposite case at https://kofi.example.com/notes/locks if that helps anybody.",
    "看完以后我把自己的博客也搬过来了，非常感谢。",
    "die Beispiele funktionieren bei mir erst mit der neuen Fassung.",
    "best regards from a rainy Lisbon.",
    "I win back about ten minutes a day with this.",
    "Casino Royale had a nicer ending.",
)
ENDINGS = (
    "",
    "",
    "",
    "Cheers",
    "Thanks again!",
    "Looking forward to the next part.",
    "Keep it up.",
    "Or am I missing something?",
)

SELLERS = (
    "Best Deals",
    "Crypto Expert",
    "SEO Agency",
    "Maria",
    "loan officer",
    "Pharma Store",
    "Casino Bonus",
    "Johnny",
)
SHOPS = (
    "cheap-pills.example",
    "lucky-casino.example",
    "rank-first.example",
    "fast-loan.example",
    "btc-double.example",
    "replica-watch.example",
    "essay-pro.example",
)
PITCHES = (
    "Nice post! I really enjoy reading your valuable content. Visit my website for amazing offers:",
    "Hello dear friend, you can earn money online from home, 5000 dollars per week guaranteed, click here:",
    "Buy cheap viagra and cialis online without prescription, discount pharmacy, fast shipping worldwide:",
    "Get first page ranking on Google, our SEO experts deliver quality backlinks at affordable price:",
    "Need a loan urgently? Apply now, approval within 24 hours, low interest rate, bad credit welcome:",
    "Online casino bonus 200% free spins, no deposit, play slots and win the jackpot today:",
    "Invest in bitcoin with professional traders and double your crypto profit in one week, contact on whatsapp:",
    "Luxury replica watches and handbags, best price, buy now and get a discount:",
    "Our professional writers deliver essay and dissertation, plagiarism free, order now:",
    "Wonderful article, very informative blog. I bookmarked your site. Check out my page:",
)
TAILS = ("", "Limited offer!", "Click here now", "Contact us today on whatsapp", "100% guaranteed", "Best price online")


def ham(count: int, seed: int) -> list[dict[str, str]]:
    """``count`` comments by people, no two alike."""
    chance = Random(seed)
    bodies = chance.sample([" ".join(parts).strip() for parts in product(BEGINNINGS, MIDDLES, ENDINGS)], count)
    return [_by_a_person(chance, body) for body in bodies]


def _by_a_person(chance: Random, body: str) -> dict[str, str]:
    name, home = chance.choice(PEOPLE), chance.choice(HOMES)
    email = f"{chance.randrange(999)}@{home}" if chance.random() < 0.7 else ""
    return {"name": name, "email": email, "website": f"https://{home}" if chance.random() < 0.3 else "", "body": body}


def spam(count: int, seed: int, *, of: slice = slice(None)) -> list[dict[str, str]]:
    """``count`` comments by those who sell: all pitches and shops, or those ``of`` a part of them."""
    chance, found = Random(seed), []
    for number in range(count):
        shop = chance.choice(SHOPS[of])
        link = chance.choice((f"https://{shop}/{number}", f"[{chance.choice(SELLERS)}](https://{shop})", f"www.{shop}"))
        body = " ".join((chance.choice(PITCHES[of]), link, chance.choice(TAILS))).strip()
        website = f"https://{shop}" if chance.random() < 0.6 else ""
        email = f"{number}@{chance.choice(('mailbox.example', 'promo.example', 'example.org'))}"
        found.append({"name": chance.choice(SELLERS), "email": email, "website": website, "body": body})
    return found
