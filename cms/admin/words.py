"""Words for what the database keeps as codes: states, acts, kinds of things and fields, in the language of the page."""

from cms.language import gettext, marked

# Nouns and verbs of the audit log (``post.published``), and kinds of things.
ACTS = (
    marked("audit entry"), marked("author"), marked("comment"), marked("import"), marked("job"), marked("mail"),
    marked("media"), marked("page"), marked("password"), marked("post"), marked("redirect"), marked("revision"),
    marked("role"), marked("second factor"), marked("series"), marked("setting"), marked("sign in"),
    marked("sign out"), marked("site"), marked("tag"), marked("user"), marked("activated"), marked("added"),
    marked("answered"), marked("approved"), marked("changed"), marked("created"), marked("deactivated"),
    marked("deleted"), marked("edited"), marked("failed"), marked("finished"), marked("held"), marked("invited"),
    marked("marked spam"), marked("merged"), marked("ordered"), marked("published"), marked("removed"),
    marked("renamed"), marked("reset"), marked("restored"), marked("retagged"), marked("rewritten"),
    marked("roles changed"), marked("scheduled"), marked("set"), marked("set up"), marked("signed out everywhere"),
    marked("trashed"), marked("undone"), marked("withdrawn"),
)  # fmt: skip

# States within a sentence: "It is draft."
WITHIN = (
    marked("draft"), marked("scheduled"), marked("published"), marked("expired"), marked("withdrawn"),
    marked("trashed"), marked("saved"), marked("restored"), marked("named"), marked("imported"),
)  # fmt: skip

# States, as badges and filters have them, and the kinds of revisions.
STATES = (
    marked("Active"), marked("Approved"), marked("Deactivated"), marked("Done"), marked("Draft"), marked("Expired"),
    marked("Failed"), marked("Held"), marked("Imported"), marked("Kept"), marked("Manual"), marked("Moved"),
    marked("Named"), marked("Published"), marked("Restored"), marked("Running"), marked("Saved"), marked("Scheduled"),
    marked("Sent"), marked("Spam"), marked("Stopped"), marked("Trashed"), marked("Waiting"), marked("Withdrawn"),
)  # fmt: skip

# Columns and fields, where no list or form calls them otherwise.
FIELDS = (
    marked("Accent"), marked("Accent dark"), marked("Active"), marked("Alt"), marked("Authors"), marked("Bio"),
    marked("Body"), marked("Canonical URL"), marked("Caption"), marked("Comment edit minutes"),
    marked("Comments open"), marked("Comments per hour"), marked("Cover"), marked("Created at"), marked("Created by"),
    marked("Credit"), marked("Deleted at"), marked("Description"), marked("Email"), marked("Error"),
    marked("Excerpt"), marked("Failed"), marked("Fields"), marked("Footer"), marked("Home"), marked("Imported"),
    marked("Into"), marked("Is decided"), marked("Is featured"), marked("Language"), marked("Live version"),
    marked("Logo"), marked("Menu links"), marked("Menu lists"), marked("Menu position"), marked("Meta description"),
    marked("Meta title"), marked("Moderation"), marked("Name"), marked("Notify authors"),
    marked("Notify moderators"), marked("Origin"),
    marked("Parts"), marked("Path"), marked("Permissions"), marked("Picture"), marked("Posts"),
    marked("Posts per page"), marked("Published at"), marked("Raw HTML"), marked("Recipient"), marked("Reply mail"),
    marked("Roles"), marked("Series"), marked("Slug"), marked("Social links"), marked("Status"), marked("Subject"),
    marked("Tagline"), marked("Tags"), marked("Target"), marked("Theme"), marked("Time zone"), marked("Title"),
    marked("Translation of"), marked("Unpublish at"), marked("User"), marked("Version"), marked("Website"),
)  # fmt: skip


def plain(code: str) -> str:
    """``two_words`` as two words, in the language of the page; English for what no catalog knows."""
    return gettext(code.replace("_", " "))


def said(code: str) -> str:
    """``two_words`` as Two words."""
    return gettext(code.replace("_", " ").capitalize())


def act(code: str, subject: str = "") -> str:
    """``post.published`` as Post published; where the subject is plain, the verb alone: Published."""
    noun, _, verb = code.partition(".")
    if not verb or noun == subject:
        return plain(verb or noun).capitalize()
    return gettext("%(noun)s %(verb)s", noun=plain(noun), verb=plain(verb)).capitalize()


def field(name: str) -> str:
    """``meta_title`` as Meta title."""
    words = name.replace("_", " ").capitalize().replace(" url", " URL").replace(" html", " HTML").removesuffix(" id")
    return gettext(words)
