"""The rights there are, by name. A view asks for one; only the seed of roles says who has which."""

PERMISSIONS: dict[str, str] = {
    "admin.enter": "Enter the admin panel",
    "post.edit": "Write posts and edit their own",
    "post.edit.any": "Edit anybody's posts",
    "post.publish": "Publish, schedule and withdraw their own posts",
    "post.publish.any": "Publish, schedule and withdraw anybody's posts",
    "post.trash": "Put their own posts into the trash and take them out",
    "post.trash.any": "Put anybody's posts into the trash and take them out",
    "post.html": "Write raw HTML in posts and pages",
    "page.edit": "Write, publish and trash pages",
    "tag.add": "Make new tags while writing",
    "tag.edit": "Rename, merge and delete tags",
    "author.edit": "Edit authors",
    "comment.moderate": "Approve, hold and delete comments",
    "media.upload": "Upload media and edit their own",
    "media.edit.any": "Edit and trash anybody's media",
    "redirect.edit": "Edit redirects",
    "setting.edit": "Change the settings of the site",
    "user.edit": "Add, edit and deactivate people",
    "role.edit": "Edit roles and what they may do",
    "audit.view": "Read the audit log",
    "mail.view": "Read the outbox and send test mails",
    "data.export": "Export lists",
}

ROLES: dict[str, tuple[str, frozenset[str]]] = {
    "admin": ("Runs the site: people, roles, settings and everything below", frozenset(PERMISSIONS)),
    "editor": (
        "Edits and publishes everything, moderates and organises",
        frozenset(PERMISSIONS) - {"setting.edit", "user.edit", "role.edit", "audit.view", "mail.view"},
    ),
    "author": (
        "Writes and publishes their own posts",
        frozenset({"admin.enter", "post.edit", "post.publish", "post.trash", "tag.add", "media.upload"}),
    ),
    "contributor": ("Writes drafts for others to publish", frozenset({"admin.enter", "post.edit", "media.upload"})),
}
