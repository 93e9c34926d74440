"""Writers and readers of a live site, a process each: ``python -m tests.schema.visitors write|read PORT DATABASE``.

Each does one small transaction after the other until its input ends, tries a lost one again as the application does,
and then prints how many it did, how long the longest took with all its retries, and what it could not do.
"""

import json
import random
import select
import sys
import time

import pymysql

RETRIED = {1205, 1213, 1412, 2006, 2013}  # lock wait, deadlock, table changed under a snapshot, connection lost
PATIENCE_SECONDS = 30
PAUSE_SECONDS = 0.002


def write(cursor, highest: int) -> None:
    number = random.randint(1, highest)
    cursor.execute("UPDATE post SET hits = hits + 1 WHERE id = %s", (number,))
    cursor.execute("INSERT INTO post (title, price, author_id) VALUES (%s, %s, 1)", (f"new {random.random()}", 2.5))


def read(cursor, highest: int) -> None:
    number = random.randint(1, highest)
    cursor.execute("SELECT id, title, hits FROM post WHERE id BETWEEN %s AND %s", (number, number + 20))
    cursor.fetchall()


def main(kind: str, port: str, database: str, highest: str) -> None:
    connection = pymysql.connect(host="127.0.0.1", port=int(port), user="root", database=database)
    act = {"write": write, "read": read}[kind]
    done, longest, at, errors = 0, 0.0, 0.0, []
    began = time.monotonic()
    print("ready", flush=True)  # noqa: T201
    while not select.select([sys.stdin], [], [], 0)[0]:
        start = time.monotonic()
        while True:
            try:
                with connection.cursor() as cursor:
                    act(cursor, int(highest))
                connection.commit()
                done += 1
                break
            except pymysql.err.MySQLError as error:
                if error.args[0] not in RETRIED or time.monotonic() - start > PATIENCE_SECONDS:
                    errors.append(str(error))
                    connection.ping(reconnect=True)
                    break
                connection.rollback()
        if (took := time.monotonic() - start) > longest:
            longest, at = took, start - began
        time.sleep(PAUSE_SECONDS)
    print(json.dumps({"done": done, "longest": longest, "at": at, "errors": errors[:5]}), flush=True)  # noqa: T201
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
