"""The commands, and what is to be reported of them, on disk: what was answered with 202 is done, whoever kills us."""

import json
import sqlite3

from .service import Refused

WAIT_SECONDS = 10
MAX_KNOWN = 10_000  # how many commands are known again when they come once more
MAX_OUTPUT_CHARS = 4_000
OPEN = "('accepted', 'running')"

TABLES = """
CREATE TABLE IF NOT EXISTS commands (
    place INTEGER PRIMARY KEY, tenant TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    UNIQUE (tenant, id)
);
CREATE TABLE IF NOT EXISTS reports (
    place INTEGER PRIMARY KEY, tenant TEXT NOT NULL, command TEXT NOT NULL, state TEXT NOT NULL, output TEXT
);
"""


class Ledger:
    """A file of SQLite, in which the service has its own tables beside ours."""

    def __init__(self, folder, tables):
        self.file = folder / "ledger.db"
        with self.transaction() as db:
            db.executescript(TABLES + tables)

    def transaction(self):
        return Transaction(self.file)

    def keep(self, command):
        """Keeps a command, and says whether it is new."""
        key, body = (command["tenant"], command["command_id"]), json.dumps(command, sort_keys=True)
        with self.transaction() as db:
            known = db.execute("SELECT body FROM commands WHERE tenant = ? AND id = ?", key).fetchone()
            if known is not None:
                if known[0] != body:
                    raise Refused("another command has this id")
                return False
            db.execute("INSERT INTO commands (tenant, id, body, state) VALUES (?, ?, ?, 'accepted')", (*key, body))
            oldest = "(SELECT max(place) FROM commands) - ?"
            db.execute(f"DELETE FROM commands WHERE state NOT IN {OPEN} AND place <= {oldest}", (MAX_KNOWN,))
            return True

    def begin(self):
        """The oldest command that has not ended. Its beginning is reported once."""
        with self.transaction() as db:
            wanted = "SELECT place, body, state FROM commands WHERE state IN"
            found = db.execute(f"{wanted} {OPEN} ORDER BY place LIMIT 1").fetchone()
            if found is None:
                return None
            place, command = found[0], json.loads(found[1])
            if found[2] == "accepted":
                advance(db, place, command, "running")
            return place, command

    def next_report(self):
        with self.transaction() as db:
            wanted = "SELECT place, tenant, command, state, output FROM reports ORDER BY place LIMIT 1"
            return db.execute(wanted).fetchone()

    def reported(self, place):
        with self.transaction() as db:
            db.execute("DELETE FROM reports WHERE place = ?", (place,))

    def counts(self):
        with self.transaction() as db:
            waiting = db.execute("SELECT count(*) FROM reports").fetchone()[0]
            return waiting, db.execute("SELECT state, count(*) FROM commands GROUP BY state").fetchall()


class Transaction:
    """A connection with one transaction, which is written when the block ends without an error."""

    def __init__(self, file):
        # Whoever wants to write waits for the others.
        self._db = sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None)

    def __enter__(self):
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(self, kind, *_):
        if self._db.in_transaction:
            self._db.execute("ROLLBACK" if kind else "COMMIT")
        self._db.close()


def advance(db, place, command, state, output=None):
    """Writes the state of a command, and that it is to be reported."""
    db.execute("UPDATE commands SET state = ? WHERE place = ?", (state, place))
    report = (command["tenant"], command["command_id"], state, output and output[:MAX_OUTPUT_CHARS])
    db.execute("INSERT INTO reports (tenant, command, state, output) VALUES (?, ?, ?, ?)", report)
