"""The rights there are, by name. A view asks for one; only the seed of roles says who has which."""

from cms.language import marked

PERMISSIONS: dict[str, str] = {
    "admin.enter": marked("Enter the admin panel"),
    "post.edit": marked("Write posts and edit their own"),
    "post.edit.any": marked("Edit anybody's posts"),
    "post.publish": marked("Publish, schedule and withdraw their own posts"),
    "post.publish.any": marked("Publish, schedule and withdraw anybody's posts"),
    "post.trash": marked("Put their own posts into the trash and take them out"),
    "post.trash.any": marked("Put anybody's posts into the trash and take them out"),
    "post.html": marked("Write raw HTML in posts and pages"),
    "page.edit": marked("Write, publish and trash pages"),
    "tag.add": marked("Make new tags and series while writing"),
    "tag.edit": marked("Rename, merge and delete tags; rename, order and delete series"),
    "author.edit": marked("Edit authors"),
    "comment.moderate": marked("Approve, hold and delete comments"),
    "media.upload": marked("Upload media and edit their own"),
    "media.edit.any": marked("Edit and trash anybody's media"),
    "redirect.edit": marked("Edit redirects"),
    "setting.edit": marked("Change the settings of the site"),
    "user.edit": marked("Add, edit and deactivate people"),
    "role.edit": marked("Edit roles and what they may do"),
    "audit.view": marked("Read the audit log"),
    "mail.view": marked("Read the outbox and send test mails"),
    "data.export": marked("Export lists"),
}

ROLES: dict[str, tuple[str, frozenset[str]]] = {
    "admin": (marked("Runs the site: people, roles, settings and everything below"), frozenset(PERMISSIONS)),
    "editor": (
        marked("Edits and publishes everything, moderates and organises"),
        frozenset(PERMISSIONS) - {"setting.edit", "user.edit", "role.edit", "audit.view", "mail.view"},
    ),
    "author": (
        marked("Writes and publishes their own posts"),
        frozenset({"admin.enter", "post.edit", "post.publish", "post.trash", "tag.add", "media.upload"}),
    ),
    "contributor": (
        marked("Writes drafts for others to publish"),
        frozenset({"admin.enter", "post.edit", "media.upload"}),
    ),
}
