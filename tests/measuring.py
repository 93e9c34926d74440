"""What the database does for an act, counted: the same on every machine."""

from sqlalchemy import event, text

from cms.db import db


def work_of(act):
    """What the database does meanwhile: hundreds of SQLite's steps, or rows that MariaDB reads."""
    if db.engine.dialect.name == "mysql":

        def rows():
            return sum(int(number) for _, number in db.session.execute(text("SHOW GLOBAL STATUS LIKE 'Handler_read%'")))

        of_asking = -rows() + rows()
        before = rows()
        act()
        return rows() - before - of_asking
    steps = []

    def watch(connection, *_others):
        connection.set_progress_handler(lambda: steps.append(1), 100)

    def leave(connection, *_others):
        connection.set_progress_handler(None, 0)

    event.listen(db.engine, "checkout", watch)
    event.listen(db.engine, "checkin", leave)
    try:
        act()
    finally:
        event.remove(db.engine, "checkout", watch)
        event.remove(db.engine, "checkin", leave)
    return len(steps)
