"""Invoices that are approved by two people: one asks for it, another confirms."""

import sys
from pathlib import Path

# The module that the examples share lies beside their folders.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chasqui_service import Refused, Service, main


class Financial(Service):
    name = "financial"
    port = 9301
    tables = """
    CREATE TABLE IF NOT EXISTS invoices
        (id TEXT PRIMARY KEY, amount REAL NOT NULL, asked_by TEXT NOT NULL, approved_by TEXT NOT NULL)
    """
    actions = {"invoice.approve": {"id": str, "amount": (int, float)}}

    def do(self, db, command):
        invoice, amount = command["arguments"]["id"], command["arguments"]["amount"]
        asked_by, approved_by = command.get("requested_by"), command.get("confirmed_by")
        # services.toml says so, too; a service that moves money does not rely on that.
        if not asked_by or not approved_by or asked_by == approved_by:
            raise Refused("an invoice is approved by somebody else than whoever asks for it")
        if amount <= 0:
            raise Refused("an invoice has an amount above 0")
        known = db.execute("SELECT approved_by FROM invoices WHERE id = ?", (invoice,)).fetchone()
        if known:
            raise Refused(f"{invoice} was approved before, by {known[0]}")
        db.execute("INSERT INTO invoices VALUES (?, ?, ?, ?)", (invoice, amount, asked_by, approved_by))
        return f"{invoice} of {amount:.2f} is approved by {approved_by}"

    def gauges(self, db):
        yield "financial_invoices_approved", "", db.execute("SELECT count(*) FROM invoices").fetchone()[0]


if __name__ == "__main__":
    main(Financial())
