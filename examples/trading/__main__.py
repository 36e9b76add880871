"""A trading desk that is deployed and stopped by its own API, and told by Chasqui to pause and resume strategies."""

import sys
from pathlib import Path

# The module that the examples share lies beside their folders.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chasqui_service import Refused, Service, main

# What may happen to the desk in each state, and its state afterwards.
TRANSITIONS = {
    ("Idle", "deploy"): "Live",
    ("Live", "stop"): "Stopped",
    ("Stopped", "deploy"): "Live",
}
STATES = ("Idle", "Live", "Stopped")
MAX_STRATEGIES = 100


class Trading(Service):
    name = "trading"
    port = 9300
    tables = """
    CREATE TABLE IF NOT EXISTS desk (place INTEGER PRIMARY KEY CHECK (place = 1), state TEXT NOT NULL);
    INSERT OR IGNORE INTO desk VALUES (1, 'Idle');
    CREATE TABLE IF NOT EXISTS strategies (id TEXT PRIMARY KEY, is_paused INTEGER NOT NULL)
    """
    actions = {"strategy.pause": {"strategy_id": str}, "strategy.resume": {"strategy_id": str}, "status": {}}

    def do(self, db, command):
        if command["action"] == "status":
            return status(db)
        return set_paused(db, command["arguments"]["strategy_id"], command["action"] == "strategy.pause")

    def routes(self):
        return {
            ("POST", "/v1/trading/deploy"): deploy,
            ("POST", "/v1/trading/stop"): stop,
            ("GET", "/v1/trading"): shown,
        }

    def gauges(self, db):
        for state in STATES:
            yield "trading_desk", f'{{state="{state}"}}', int(state == state_of(db))
        yield "trading_strategies_paused", "", len([paused for _, paused in strategies(db) if paused])


def state_of(db):
    return db.execute("SELECT state FROM desk").fetchone()[0]


def strategies(db):
    return db.execute("SELECT id, is_paused FROM strategies ORDER BY id").fetchall()


def moved(db, what):
    """Does what the state of the desk allows."""
    state = state_of(db)
    after = TRANSITIONS.get((state, what))
    if after is None:
        raise Refused(f"the desk is {state}: there is nothing to {what}")
    db.execute("UPDATE desk SET state = ?", (after,))


def deploy(db, body):
    wanted = body.get("strategies") if isinstance(body, dict) else None
    is_list = isinstance(wanted, list) and 1 <= len(wanted) <= MAX_STRATEGIES
    if not is_list or not all(isinstance(one, str) and 1 <= len(one) <= 64 for one in wanted):
        raise Refused(f"strategies must be a list of 1 to {MAX_STRATEGIES} names")
    moved(db, "deploy")
    db.execute("DELETE FROM strategies")
    db.executemany("INSERT INTO strategies VALUES (?, 0)", [(one,) for one in sorted(set(wanted))])
    return shown(db, None)


def stop(db, _body):
    moved(db, "stop")
    return shown(db, None)


def shown(db, _body):
    listed = [{"strategy_id": one, "state": "paused" if paused else "trading"} for one, paused in strategies(db)]
    return {"state": state_of(db), "strategies": listed}


def status(db):
    listed = ", ".join(f"{one} {'is paused' if paused else 'trades'}" for one, paused in strategies(db))
    return f"the desk is {state_of(db)}" + (f": {listed}" if listed else "")


def set_paused(db, strategy, is_paused):
    state = state_of(db)
    if state != "Live":
        raise Refused(f"the desk is {state}: nothing trades")
    known = dict(strategies(db))
    if strategy not in known:
        raise Refused(f"there is no strategy {strategy}; there are {', '.join(known)}")
    word = "paused" if is_paused else "trading"
    if bool(known[strategy]) == is_paused:
        return f"{strategy} was {word} before"
    db.execute("UPDATE strategies SET is_paused = ? WHERE id = ?", (is_paused, strategy))
    return f"{strategy} is {word} now"


if __name__ == "__main__":
    main(Trading())
