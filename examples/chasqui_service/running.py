"""A service that runs: it takes commands, does them one after the other, and reports each end until Chasqui has it."""

import argparse
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from .ledger import Ledger, advance
from .listener import listener, problem
from .service import Refused
from .tokens import ANSWER_SECONDS, OPENER, KeysAway, NotBelieved, OwnKey, Tokens

RETRY_SECONDS = (0.2, 30)  # between the first two tries to report, and at most between two
# What Chasqui will say again however often it is told the same: the report is wrong, or nobody waits for it any more.
REFUSED_FOR_GOOD = (400, 403, 404, 409, 410, 413, 415, 422)


class Running:
    """A service that runs: its listener, whoever does what was kept, and whoever reports it."""

    def __init__(self, service, key, folder, options):
        self.service, self.key = service, key
        self.chasqui = options.chasqui.rstrip("/")
        self.tokens = Tokens(self.chasqui, options.audience or service.name)
        self.ledger = Ledger(folder, service.tables)
        self.refused = 0
        self.kept, self.to_report = threading.Event(), threading.Event()
        self.server = listener(options.listen, self)

    def say(self, words):
        print(f"{time.strftime('%H:%M:%S')} {self.service.name}: {words}", flush=True)

    def run(self):
        threading.excepthook = end
        for work in (self.do_all, self.report_all):
            threading.Thread(target=work, daemon=True).start()
        self.say(f"listens on http://{self.server.server_address[0]}:{self.server.server_address[1]}")
        self.server.serve_forever()

    def receive(self, headers, command, body):
        """Takes a command, which came in these bytes, and gives the status and the body of the answer."""
        if not is_command(command):
            return 400, problem("needs command_id, tenant and action as texts, and arguments as an object")
        name = f"command {command['command_id']} {command['action']}"
        try:
            claims = self.tokens.claims(headers.get("Authorization"), command, body)
        except NotBelieved as error:
            self.refused += 1
            self.say(f"a command was refused: {error}")
            return 401, problem("the token is not valid")
        except KeysAway as error:
            self.say(f"a command must wait: {error}")
            return 503, problem("the keys that verify it cannot be had now")
        try:
            if headers.get("Idempotency-Key") != command["command_id"]:
                raise Refused("Idempotency-Key must be the id of the command")
            self.service.check(command)
            is_new = self.ledger.keep(command)
        except Refused as error:
            self.say(f"{name} was refused: {error}")
            return 422, problem(str(error))
        until = time.strftime("%H:%M:%S", time.localtime(claims["exp"]))
        believed = f"its token is Chasqui's (key {claims['kid']}), for {claims['aud']}, good until {until}"
        who = f"{command.get('requested_by')} asks, {command.get('confirmed_by') or 'nobody'} has confirmed"
        self.say(f"{name}: {believed}; {who}" if is_new else f"{name} came again, and is done once")
        self.kept.set()
        return 202, {"command_id": command["command_id"], "is_new": is_new}

    def do_all(self):
        """Does what was kept, also by those who were here before us."""
        while True:
            self.kept.clear()
            while (found := self.ledger.begin()) is not None:
                self.to_report.set()
                self.do(*found)
                self.to_report.set()
            self.kept.wait()

    def do(self, place, command):
        try:
            with self.ledger.transaction() as db:
                advance(db, place, command, "succeeded", self.service.do(db, command))
        except Exception as error:  # whoever asked is told of a fault of ours, too
            why = str(error) if isinstance(error, Refused) else "the service has failed; its log says more"
            if not isinstance(error, Refused):
                self.say(f"command {command['command_id']}: {error!r}")
            with self.ledger.transaction() as db:
                advance(db, place, command, "failed", why)

    def report_all(self):
        """Reports one after the other, each until Chasqui has it."""
        pause = RETRY_SECONDS[0]
        while True:
            self.to_report.clear()
            report = self.ledger.next_report()
            if report is None:
                self.to_report.wait()
                continue
            answer = self.report(*report[1:])
            if 200 <= answer < 300 or answer in REFUSED_FOR_GOOD:
                self.ledger.reported(report[0])
                pause = RETRY_SECONDS[0]
            else:
                self.to_report.wait(pause)
                pause = min(pause * 2, RETRY_SECONDS[1])

    def report(self, tenant, command, state, output):
        """The status with which Chasqui answers a report; 0 where it does not."""
        body = {"tenant": tenant, "command_id": command, "state": state} | ({"output": output} if output else {})
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key.token()}"}
        request = urllib.request.Request(f"{self.chasqui}/v1/events", json.dumps(body).encode(), headers)
        try:
            with OPENER.open(request, timeout=ANSWER_SECONDS) as answer:
                status, why = answer.status, ""
        except urllib.error.HTTPError as error:
            status, why = error.code, f" {error.read(300).decode(errors='replace')}"
        except OSError as error:
            status, why = 0, f" ({error})"
        self.say(f"command {command}: reported {state}, and Chasqui says {status or 'nothing'}{why}")
        return status

    def metrics(self):
        waiting, commands = self.ledger.counts()
        with self.ledger.transaction() as db:
            own = list(self.service.gauges(db))
        name = self.service.name
        lines = [(f"{name}_reports_waiting", "", waiting), (f"{name}_tokens_refused_total", "", self.refused)]
        lines += [(f"{name}_commands", f'{{state="{state}"}}', count) for state, count in commands]
        text, known = "", set()
        for metric, labels, value in lines + own:
            if metric not in known:
                text += f"# TYPE {metric} {'counter' if metric.endswith('_total') else 'gauge'}\n"
                known.add(metric)
            text += f"{metric}{labels} {value}\n"
        return text


def end(failure):
    """Ends the process whose work has ended by an error: whoever runs it starts it again, and it goes on."""
    sys.__excepthook__(failure.exc_type, failure.exc_value, failure.exc_traceback)
    os._exit(1)


def is_command(command):
    texts = ("command_id", "tenant", "action")
    is_text = isinstance(command, dict) and all(isinstance(command.get(name), str) for name in texts)
    return is_text and isinstance(command.get("arguments"), dict)


def main(service):
    """Runs a service until it is told to end."""
    options = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    told = options.add_argument
    told("--listen", default=f"127.0.0.1:{service.port}", help="address and port; port 0 takes a free one")
    told("--chasqui", default="http://127.0.0.1:8080", help="where Chasqui's API is")
    told("--audience", help="the audience of its tokens, where services.toml has another than its name")
    told("--state", default=f"var/examples/{service.name}", help="the folder of its ledger and its key")
    told("--public-key", action="store_true", help="print the public_key for services.toml, and end")
    options = options.parse_args()
    folder = Path(options.state)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = OwnKey(folder, service.name)
    if options.public_key:
        print(key.public, end="")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        Running(service, key, folder, options).run()
    except KeyboardInterrupt:
        pass
