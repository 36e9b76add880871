"""Everything that the demo starts, and where it is."""

import os
import re
import signal
import sys
import urllib.parse
from pathlib import Path

from parts import Chat, Program, call, is_there, line, ports, until

EXAMPLES = Path(__file__).resolve().parent.parent
# The services, with their ports in services.toml.
SERVICES = {"trading": 9300, "financial": 9301, "memory": 9302}
ANA, BEN = "4711", "4712"


class Demo:
    """A fake Telegram, the services, and a fleet."""

    def __init__(self, binary, folder, first_port):
        self.binary, self.folder = binary, folder
        api, fake, mail, *others = ports(first_port, 3 + len(SERVICES))
        self.api, self.fake, self.mail = f"http://127.0.0.1:{api}", f"http://127.0.0.1:{fake}", f"127.0.0.1:{mail}"
        self.ports = dict(zip(SERVICES, others, strict=True))
        self.programs, self.services = [], {}
        self.ana, self.ben = Chat(self, "Ana", ANA), Chat(self, "Ben", BEN)

    def run(self, name, words, settings=()):
        program = Program(name, words, self.folder, settings)
        self.programs.append(program)
        return program

    def start(self):
        """Starts all of it, the fleet last: it is told of the keys that the services make."""
        where = [urllib.parse.urlsplit(self.fake).netloc, "--smtp-listen", self.mail, "--callbacks", self.api]
        self.run("telegram", [self.binary, "fake", "--listen", *where])
        for name, port in self.ports.items():
            words = [sys.executable, "-B", EXAMPLES / name, "--listen", f"127.0.0.1:{port}", "--chasqui", self.api]
            self.services[name] = self.run(name, [*words, "--state", self.folder / name])
        settings = self.fleet_settings()
        self.run("fleet", [self.binary, "up"], settings)
        until("the fleet is ready", lambda: self.programs[-1].said("The fleet is ready"), self.programs)

    def fleet_settings(self):
        until("the fake Telegram answers", lambda: is_there(f"{self.fake}/_fake/settings"), self.programs)
        for name, port in self.ports.items():
            until(f"{name} answers", lambda at=port: is_there(f"http://127.0.0.1:{at}/health"), self.programs)
        told = re.findall(r"^(TELEGRAM_[A-Z_]+)='?([^'\n]*)'?$", call(f"{self.fake}/_fake/settings"), re.MULTILINE)
        file = self.folder / "services.toml"
        file.write_text(self.services_file())
        own = {"API_LISTEN": urllib.parse.urlsplit(self.api).netloc, "SERVICES_FILE": str(file), "SANDBOX": "missing"}
        # A broker of the demo's own only where somebody says so: the fleet starts one otherwise.
        broker = {"AMQP_URL": os.environ["DEMO_AMQP_URL"]} if os.environ.get("DEMO_AMQP_URL") else {}
        return dict(told) | own | broker | {"ADMINS_TELEGRAM_IDS": f"{ANA},{BEN}", "DEFAULT_LOCALE": "es"}

    def services_file(self):
        """services.toml with the ports of today, and the keys by which the services' reports are verified."""
        text = (EXAMPLES / "services.toml").read_text()
        for name, port in self.ports.items():
            key = (self.folder / name / "public-key.pem").read_text()
            text = text.replace(f"http://127.0.0.1:{SERVICES[name]}", f"http://127.0.0.1:{port}")
            text = text.replace(f"[{name}]\n", f'[{name}]\npublic_key = """\n{key}"""\n')
        return text

    def log_line(self, service, pattern):
        """Shows a line of a service's log, as soon as it is there."""
        program = self.services[service]
        found = until(f"{service} says: {pattern}", lambda: program.said(pattern), self.programs)
        line(service, found.split(f"{service}: ", 1)[-1], "33")
        return found

    def stop(self):
        # A second Ctrl-C would leave some of them behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for program in reversed(self.programs):
            program.stop()
