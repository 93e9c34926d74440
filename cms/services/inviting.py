"""Links by which somebody chooses a password: mailed, or shown once where no mail can be sent."""

from flask import current_app
from flask_security.recoverable import generate_reset_password_token

from cms.errors import NotAllowed
from cms.language import code, gettext, marked, speaking
from cms.models import User
from cms.services import auditing, mailing, site

TEXT = marked(
    """Hello %(name)s,

there is an account for you on %(title)s:

    %(address)s

Choose your password here; the link is good for %(hours)s hours:

    %(link)s
"""
)


def invite(user: User, *, by: User | None) -> str | None:
    """Mail them a link to choose a password; the link itself where no mail server is set, to be shown this once."""
    if by is not None and not (by.may("user.edit") and by.can_grant(user.roles)):
        raise NotAllowed(gettext("You may not invite somebody who may do more than you."))
    link = password_link(user)
    auditing.record("user.invited", user, by=by)
    if not mailing.can_send():
        return link
    title = site.current().settings.title
    hours = int(current_app.config["SECURITY_RESET_PASSWORD_WITHIN"].total_seconds() // 3600)
    about = {"title": title, "address": current_app.config["SITE_URL"], "link": link, "hours": hours}
    with speaking(user.language or code()):
        text = gettext(TEXT, name=user.name, **about)
        mailing.send(user.email, gettext("Your account on %(title)s", title=title), text, secret=True)
    return None


def password_link(user: User) -> str:
    """The address at which they choose a password, once; on the site's own host, whatever the request said."""
    token = generate_reset_password_token(user)
    path = current_app.url_map.bind("").build("security.reset_password", {"token": token})
    return f"{current_app.config['SITE_URL']}{path}"
