"""Databases at the newest structure: the first is made by ``flask db upgrade``, each further one is a copy of that."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import flask_migrate
from sqlalchemy import text

from cms import create_app
from cms.config import Settings
from cms.db import db, migrate

COPIED = "at_head"


def bring_to_head() -> None:
    """Give the app's database the newest structure. Needs its context; one that has tables is upgraded as in life."""
    if db.engine.dialect.name == "sqlite":
        file = Path(db.engine.url.database)
        db.engine.dispose()
        if not file.exists():
            shutil.copyfile(made_once(), file)
    elif db.engine.url.username == "root":  # no other may make the database that is copied
        copy_on_the_server()
    flask_migrate.upgrade()


@functools.cache
def made_once() -> Path:
    """An SQLite file at head."""
    folder = Path(tempfile.mkdtemp(prefix="lightblog-at-head-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    directory = migrate.directory
    app = create_app(Settings.for_tests(folder, DATABASE_URL="sqlite:///cms.sqlite3"))
    migrate.directory = directory  # each new app says it to all
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
        return Path(db.engine.url.database)


def copy_on_the_server() -> None:
    """Copy the database of that name on this MariaDB, which the first that comes leaves there."""
    own = db.engine.url.database
    with db.engine.connect() as connection:
        if connection.execute(text("SHOW TABLES")).first() is not None:
            return
        is_first = connection.execute(text(f"SHOW DATABASES LIKE '{COPIED}'")).first() is None
    if is_first:
        flask_migrate.upgrade()
        copy(own, COPIED)
    else:
        copy(COPIED, own)


def copy(source: str, target: str) -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SET foreign_key_checks=0, unique_checks=0"))
        connection.execute(text(f"CREATE DATABASE IF NOT EXISTS `{target}` CHARACTER SET utf8mb4"))
        names = list(connection.scalars(text(f"SHOW TABLES FROM `{source}`")))
        made = [connection.execute(text(f"SHOW CREATE TABLE `{source}`.`{name}`")).one()[1] for name in names]
        connection.exec_driver_sql(f"USE `{target}`")
        for name, statement in zip(names, made, strict=True):
            connection.exec_driver_sql(statement.replace("%", "%%"))
            connection.exec_driver_sql(f"INSERT INTO `{name}` SELECT * FROM `{source}`.`{name}`")
        connection.commit()
        connection.invalidate()  # it has other settings and another database than its pool thinks
