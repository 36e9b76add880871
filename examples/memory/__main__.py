"""What is remembered of users: it is looked for at once, and forgotten after a confirmation."""

import sys
from pathlib import Path

# The module that the examples share lies beside their folders.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chasqui_service import Refused, Service, main

MAX_NOTES = 10_000
MAX_SHOWN = 10


class Memory(Service):
    name = "memory"
    port = 9302
    tables = "CREATE TABLE IF NOT EXISTS notes (place INTEGER PRIMARY KEY, user TEXT NOT NULL, text TEXT NOT NULL)"
    actions = {"recall": {"query": str}, "forget": {"user_id": str}}

    def do(self, db, command):
        if command["action"] == "forget":
            return forget(db, command["arguments"]["user_id"])
        return recall(db, command["arguments"]["query"])

    def routes(self):
        return {("POST", "/v1/memory/remember"): remember}

    def gauges(self, db):
        yield "memory_notes", "", db.execute("SELECT count(*) FROM notes").fetchone()[0]


def remember(db, body):
    texts = [body.get(name) for name in ("user_id", "text")] if isinstance(body, dict) else []
    if not texts or not all(isinstance(text, str) and 1 <= len(text) <= 1_000 for text in texts):
        raise Refused("needs user_id and text")
    if db.execute("SELECT count(*) FROM notes").fetchone()[0] >= MAX_NOTES:
        raise Refused(f"there are {MAX_NOTES} notes already")
    db.execute("INSERT INTO notes (user, text) VALUES (?, ?)", texts)
    return {"user_id": texts[0]}


def recall(db, query):
    notes = db.execute("SELECT user, text FROM notes ORDER BY place").fetchall()
    found = [f"{user}: {text}" for user, text in notes if query.casefold() in text.casefold()]
    return "\n".join(found[:MAX_SHOWN]) or "nothing is remembered of that"


def forget(db, user):
    count = db.execute("DELETE FROM notes WHERE user = ?", (user,)).rowcount
    if not count:
        raise Refused(f"nothing is remembered of {user}")
    return f"{count} of {user} forgotten"


if __name__ == "__main__":
    main(Memory())
