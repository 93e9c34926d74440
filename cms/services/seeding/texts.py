"""The posts of a development site: our own words, chosen to be hard on a layout (long words, scripts, tables,
code)."""

from typing import NamedTuple


class Text(NamedTuple):
    """One post to be."""

    title: str
    tags: tuple[str, ...]
    body: str
    excerpt: str = ""
    picture: str = ""  # a design of ``drawings``
    language: str = ""
    series: str = ""
    translation_of: str = ""  # the title of the original, which comes before


POSTS = (
    Text(
        "Why we keep a paper notebook beside the screen",
        ("writing", "habits"),
        """The notebook on my desk has no search, no sync and no backup. It has lost nothing in eleven years.

Paper is slow in exactly the places where haste does harm. You cannot paste into it. You cannot reorder a list
without writing it again, and by the second time half of the items turn out not to matter.

## What goes in

- questions, never answers
- numbers that somebody said aloud, with the name of who said them
- the one thing that must be true by Friday

## What stays out

Everything that a machine remembers better: addresses, passwords, the order of steps. A notebook that knows too
much is a filing cabinet, and nobody rereads a filing cabinet with pleasure.

> The best pencil is the one that is already in your hand.

On the last day of each month I copy three lines onto a fresh page and let the rest go.
""",
        "It has no search, no sync and no backup, and it has lost nothing in eleven years.",
        "hills",
        series="The workshop: notes on writing",
    ),
    Text(
        "A small server, properly looked after",
        ("servers", "python", "habits"),
        """One machine with two cores has served this site since the first post. People ask how. The answer is
dull, which
is the point.

```python
from datetime import UTC, datetime, timedelta


def is_stale(checked_at: datetime, *, most: timedelta = timedelta(hours=6)) -> bool:
    \"\"\"Whether somebody should look again.\"\"\"
    return datetime.now(UTC) - checked_at > most
```

Every night a job copies the database, restores the copy on another machine and counts the rows. A backup that was
never restored is a rumour.[^rumour]

| What | How often | Who is told |
| --- | ---: | --- |
| Backup restored elsewhere | daily | nobody, unless it fails |
| Certificates renewed | 60 days | nobody, unless it fails |
| Disk more than 80 % full | never so far | everybody |
| A human reads the logs | weekly | the human |

```console
$ flask db current
first (head)
```

[^rumour]: The phrase is older than I am. It was true then, too.
""",
        picture="tiles",
        series="Machines, looked after",
    ),
    Text(
        "Donaudampfschifffahrtsgesellschaftskapitänsmütze und andere lange Wörter",
        ("language", "deutsch"),
        """Wer für deutsche Leserinnen und Leser gestaltet, lernt früh, dass Spalten schmaler sind, als man denkt. Die
*Rechtsschutzversicherungsgesellschaften* machen vor keinem Rand halt, und das
*Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz*
hat es bis in die Abendnachrichten gebracht.

Drei Dinge helfen:

1. Silbentrennung einschalten und der Seite ihre Sprache nennen.
2. Überschriften umbrechen lassen, statt sie zu verkleinern.
3. Mit den Autorinnen und Autoren sprechen: Manches Wort darf auch zwei Wörter sein.

„Kürze“, sagte meine Lehrerin, „ist eine Höflichkeit.“ Sie sagte es in einem Satz mit drei Nebensätzen.
""",
        picture="bars",
        language="de",
    ),
    Text(
        "雨天的图书馆",
        ("language", "中文"),
        """下雨的下午，图书馆里的人比平时多一倍。有人来避雨，有人来还书，也有人只是想听雨打在玻璃屋顶上的声音。

管理员把伞架搬到门口，顺手在黑板上写了一行字：“今天不罚逾期。”

## 三本被借得最多的书

- 一本关于鸟的图鉴，边角已经磨圆
- 一本没有结尾的小说，最后一页不知被谁撕走了
- 一本 1987 年的铁路时刻表，借的人说，他只是喜欢读站名

雨停的时候，谁也没有马上离开。
""",
        picture="hills",
        language="zh-CN",
    ),
    Text(
        "رسالة من المقهى القديم",
        ("language", "العربية"),
        """في المقهى القديم عند زاوية السوق طاولة واحدة بقرب النافذة، لا يجلس إليها أحد قبل العاشرة صباحًا. يقول
صاحب المقهى إنها
محجوزة للضوء.

جلست إليها مرة من غير أن أعلم، فجاءني بفنجان قهوة وقال: «ابقَ، فالضوء اليوم كريم». كتبت هناك أول صفحة من هذا الدفتر.

## ما تعلمته

1. من يكتب ببطء يقرأ نفسه مرتين.
2. الجملة القصيرة لا تعني الفكرة الصغيرة.

ومنذ ذلك اليوم أمرّ بالمقهى كل خميس، ومعي القلم نفسه: `pencil 2B`.
""",
        language="ar",
    ),
    Text(
        "Éloge du brouillon",
        ("language", "français", "writing"),
        """Un brouillon n’est pas un texte raté : c’est un texte qui n’a pas encore peur de personne. On y trouve
des phrases
trop longues, des mots répétés, parfois une idée.

Je garde les miens. Non par vanité, mais parce qu’ils montrent le chemin : où j’ai hésité, ce que j’ai tu, ce que
j’ai fini par oser. « Publier », au fond, c’est choisir lequel de ses brouillons mérite des lecteurs.

- Écrire le matin.
- Relire le soir.
- Couper le lendemain.
""",
        picture="tiles",
        language="fr",
    ),
    Text(
        "The tag that ate the archive",
        ("writing", "tags", "habits"),
        """We had 1,214 tags for 1,190 posts. Most had been used once, by somebody in a hurry, and never again.

It took two afternoons to merge them. We did not hold a meeting about a taxonomy. We printed the list, crossed out
what nobody would ever click, and drew arrows between words that meant the same.

What was left fits on one page:

| Before | After | Posts |
| --- | --- | ---: |
| how-to, howto, how to, guides | guides | 212 |
| ops, operations, servers, hosting | servers | 98 |
| misc, other, stuff, random | *gone* | 0 |

The old addresses still work. Links on other people's pages are promises we did not make but have to keep.
""",
        picture="bars",
        series="The workshop: notes on writing",
    ),
    Text(
        "How to read a stack trace without fear",
        ("python", "guides"),
        """A stack trace is a story told backwards. Start at the end, where the machine says what it could not do;
then walk
up until you meet a file you wrote.

```text
Traceback (most recent call last):
  File "run.py", line 12, in <module>
    main()
  File "shop/till.py", line 88, in total
    return sum(item.price for item in basket) / len(basket)
ZeroDivisionError: division by zero
```

The basket was empty. The code is innocent; the assumption is not.

1. Read the last line aloud.
2. Find the lowest line that is yours.
3. Ask which sentence in your head was false.

- [x] Reproduce it
- [x] Write the test that fails
- [ ] Resist the urge to catch the exception
""",
        picture="tiles",
        series="Machines, looked after",
    ),
    Text(
        "Walking the old railway in four days",
        ("travel", "walking"),
        """The line closed in 1968. The rails were sold, the sleepers were burned, and the bed stayed: forty-one
miles without
a single steep hill, since locomotives could not climb one.

**Day one** is all cuttings. You walk between walls of fern and see nothing but sky. **Day two** pays for it with
a viaduct of nineteen arches.

On the third evening we slept in a signal box that somebody has filled with books. There is no fee; you leave
a book and take one. I left a guide to birds and took a timetable.

On **day four** the path ends at a supermarket car park, beside a plaque that has the date wrong.
""",
        "Forty-one miles without a steep hill, nineteen arches, and one plaque that has the date wrong.",
        "hills",
    ),
    Text(
        "Soup for six, or for one person with a freezer",
        ("cooking", "habits"),
        """Soup forgives. It forgives the carrot you forgot and the stock you made from a cube.

## For six bowls

- 2 onions, cut without tears or with them
- 3 carrots
- 400 g of red lentils, washed
- 1.5 l of stock
- a lemon, at the very end

Soften the onions in oil for longer than you want to. Add the rest, bring it to the boil, and leave it alone for
twenty-five minutes. Stir. Taste. Add the lemon, taste again, and notice that the lemon was the recipe.

What you do not eat today is better tomorrow and best on the day you come home late.
""",
        picture="bars",
    ),
    Text(
        "What a good error message says",
        ("writing", "interfaces", "guides"),
        """Three things, in this order: what happened, what is safe, and what to do now.

> The picture was not saved: it has more than 60 million pixels. Your text is safe. Make the picture smaller and
> choose it again.

Nobody has ever been helped by *Oops*. Nobody has been comforted by a number in hexadecimal. And nobody should be
told that their name is invalid.

The hard part is not the words. It is knowing, at the place where the error is raised, what the person was trying
to do. When the words will not come, the code is usually holding back something it ought to say.
""",
        picture="tiles",
        series="The workshop: notes on writing",
    ),
    Text(
        "Counting swifts from the balcony",
        ("birds", "walking"),
        """They came on the third of May, two days early, screaming as if they owned the street. They do.

I count for ten minutes each evening, at the same hour, from the same chair. The numbers are worth nothing to
science. They are worth a great deal to the one who counts.

| Week | Most at once |
| --- | ---: |
| 1 | 4 |
| 4 | 11 |
| 8 | 26 |
| 12 | 0 |

In week twelve the sky is quiet from one day to the next. Nobody sees them leave.[^1]

[^1]: They are said to sleep on the wing. I have chosen to believe it.
""",
        picture="hills",
    ),
    Text(
        "The meeting that became a page",
        ("habits", "writing"),
        """Every Monday eight people told each other what they had done. It took an hour; that is a working day,
each week.

Now there is a page. Each of us writes four lines before noon, and the rule is that the fourth one is a question.
The questions are the reason the page survived: someone always has the answer, and they have it by Tuesday.

We still meet. We meet when a question has no answer, and then we look out of the window a good deal.
""",
    ),
    Text(
        "Everything I know about naming things",
        ("python", "writing", "guides"),
        """Names are the only part of a program that is written for people alone.

1. Say what it is, not what it is made of. `waiting_orders`, not `order_list`.
2. Say the unit. `timeout_seconds` has never caused an outage at three in the morning; `timeout` has.
3. Use one word for one thing. If it is a *post* in the office, it is a `Post` in the code and a post in the help.
4. A name that needs a comment needs to be another name.

```python
def remaining_days(trial: Trial, *, today: date) -> int:
    return max(0, (trial.ends_on - today).days)
```

And when you cannot find a name, stop. The thing is probably two things.
""",
        picture="bars",
        series="The workshop: notes on writing",
    ),
    Text(
        "A title that goes on for a long time, since somewhere there is always an editor who pastes the whole first sentence of the article into the field for the title and then wonders why it looks crowded",  # noqa: E501
        ("interfaces",),
        "It is as long as a title may be here, near enough. Look at it in the list, in the feed and on a phone.\n",
    ),
    Text(
        "静かな夜の修理屋",
        ("language", "日本語"),
        """夜の九時を過ぎると、商店街で明かりがついているのは時計の修理屋だけになる。

店主は八十二歳で、直せない時計はまだないという。「直せないのではなくて、急げないだけです」と笑う。

- 預かった時計には名前をつける
- 急ぐ客には、まずお茶を出す
- 代金は、動いた日数で決める
""",
        picture="hills",
        language="ja",
    ),
    Text(
        "Das Schlagwort, das das Archiv fraß",
        ("writing", "tags", "deutsch"),
        """Wir hatten 1.214 Schlagwörter für 1.190 Beiträge. Die meisten hatte jemand in Eile einmal
benutzt und nie wieder.

Sie zusammenzulegen dauerte zwei Nachmittage. Wir haben keine Sitzung über eine Taxonomie
abgehalten. Wir haben die Liste gedruckt, gestrichen, was nie jemand anklicken würde, und
Pfeile zwischen Wörter gezeichnet, die dasselbe meinten.

Die alten Adressen gelten weiter. Links auf den Seiten anderer Leute sind Versprechen, die
wir nicht gegeben haben und trotzdem halten.
""",
        language="de",
        translation_of="The tag that ate the archive",
    ),
)

COMMENTS = (
    ("Ines", "I have kept one since school. The trick is to number the pages: then you can write an index."),
    ("Tomasz", "We tried this for a month. The fourth line is the only one anybody reads."),
    ("A. Reader", "Thank you. I read it twice, and the second time aloud."),
    ("Mei", "Could you say how you did the second step? I get *almost* there and then it stops."),
    ("Oluwaseun", "Lovely. One small thing: the viaduct has twenty arches, one of them is behind the trees."),
    ("Grandmother of four", "Add a bay leaf."),
)
HELD = (
    ("New here", "Is there a feed for a single tag? I would follow the one on birds."),
    ("Jörg", "Das längste Wort fehlt noch: Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung."),
    ("curious", "What happens to the old address when you rename a post?"),
)
SPAM = (
    ("Best Prices", "Very informative article my friend. Visit our shop for cheap watches."),
    ("SEO expert", "I can bring your site to page one in three days, guaranteed."),
)
BIOS = {
    "editor": "Edits this site between two cups of tea. Believes in short sentences and long walks.",
    "author": "Writes about small servers and large soups.",
    "second": "Schreibt auf Deutsch, zählt Vögel und kennt jede stillgelegte Bahnstrecke im Umkreis.",
}
ABOUT = """We write about tools, habits and the occasional bird. Nobody is paid, nobody is followed, and nothing on
these pages
watches you read.

## How to reach us

By post, slowly. By a comment, quickly: somebody reads each one before it appears.
"""
IMPRINT = """Responsible for the content of this development site: nobody at all. It was made by `flask seed`.

Lightblog Example Press
1 Example Street
Sampletown
"""
