"""Those who take part in the demo: processes, chats with the bot, and how they are waited for and shown."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE_SECONDS = 120  # before the demo says what it waited for; a node starts in some seconds
LOOK_EVERY_SECONDS = 0.05
STOP_SECONDS = 30
# Below the ports that systems give to the near end of outgoing connections.
PORTS = range(20_000, 32_000)
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Stuck(Exception):
    """What did not come, and where to look."""


def until(what, look, programs=()):
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = look()
        if found:
            return found
        for program in programs:
            if program.process.poll() is not None:
                raise Stuck(f"{program.name} has ended while this was waited for: {what}\n{program.tail()}")
        if time.monotonic() > end:
            raise Stuck(f"this did not come within {PATIENCE_SECONDS} seconds: {what}")
        time.sleep(LOOK_EVERY_SECONDS)


def call(url, body=None):
    """The answer of a neighbour, as a text."""
    data, headers = (None, {}) if body is None else (json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with OPENER.open(urllib.request.Request(url, data, headers), timeout=PATIENCE_SECONDS) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise Stuck(f"{url} answers {error.code}: {error.read().decode(errors='replace')}") from error
    except OSError as error:
        raise Stuck(f"{url} does not answer: {error}") from error


def is_there(url):
    try:
        with OPENER.open(url, timeout=PATIENCE_SECONDS):
            return True
    except OSError:
        return False


def ports(first, wanted):
    """So many ports in a row, or free ones where the first is 0."""
    if first:
        return list(range(first, first + wanted))
    with contextlib.ExitStack() as held:
        found = []
        for port in PORTS[os.getpid() % (len(PORTS) // 2) :]:
            with contextlib.suppress(OSError):
                listener = held.enter_context(socket.socket())
                listener.bind(("127.0.0.1", port))
                found.append(port)
            if len(found) == wanted:
                return found
    raise Stuck("no ports are free")


IN_COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def painted(text, code):
    return f"\x1b[{code}m{text}\x1b[0m" if IN_COLOUR else text


def step(number, words):
    print(f"\n{painted(f'{number}. {words}', '1')}\n", flush=True)


def line(who, words, code="0"):
    width = max(40, shutil.get_terminal_size((120, 24)).columns - 13)
    cut = [part for one in words.splitlines() for part in textwrap.wrap(one, width, break_on_hyphens=False) or [""]]
    first, *others = cut or [""]
    print(f"  {painted(f'{who:>9}', code)}  {first}", flush=True)
    for other in others:
        print(f"  {'':>9}  {other}", flush=True)


class Program:
    """A process of ours, in a group of its own: a Ctrl-C is for the demo, which stops it."""

    def __init__(self, name, words, folder, settings=()):
        # Whatever names a broker, a ledger or a provider on this machine is not for this fleet.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "USER", "LANG", "TMPDIR") if name in os.environ}
        self.name, self.log = name, folder / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                words,
                cwd=folder,
                env=kept | dict(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self, pattern):
        """The first line that it has printed with this in it."""
        lines = self.log.read_text(errors="replace").splitlines()
        return next((one for one in lines if re.search(pattern, one)), None)

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # And whatever it has started.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Chat:
    """The private chat of somebody with the bot, as the fake Telegram has it. Each message is shown once."""

    def __init__(self, demo, name, number):
        self.demo, self.name, self.number = demo, name, number
        self.shown = 0

    def says(self, text):
        line(self.name, text, "36")
        self._inbound(text=text)

    def presses(self, message, label):
        line(self.name, f"presses [ {label} ]", "36")
        self._inbound(text=message["text"], button=buttons(message)[label])

    def _inbound(self, **said):
        answer = call(f"{self.demo.fake}/_fake/inbound", {"provider": "telegram", "from": self.number} | said)
        status = json.loads(answer).get("status")
        if status is None or not 200 <= status < 300:
            raise Stuck(f"the fleet does not take what {self.name} does: {answer}")

    def until(self, what, wanted):
        """The first new message that is wanted. What else comes before it is shown, too."""

        def look():
            query = urllib.parse.urlencode({"provider": "telegram", "to": self.number})
            received = json.loads(call(f"{self.demo.fake}/_fake/received?{query}"))["received"]
            while self.shown < len(received):
                one = received[self.shown]
                self.shown += 1
                if one["refused"]:
                    raise Stuck(f"the fake Telegram refused a message: {one['refused']}")
                message = one["fields"]["parameters"]
                self._show(message, one["fields"]["method"])
                if wanted(message):
                    return message
            return None

        return until(f"{self.name} is told: {what}", look, self.demo.programs)

    def _show(self, message, method):
        who = f"bot → {self.name}" if method == "sendMessage" else "… edited"
        below = "  ".join(f"[ {label} ]" for label in buttons(message))
        words = [message.get("text", ""), below and painted(below, "7")]
        line(who, "\n".join(part for part in words if part), "32")


def buttons(message):
    """What stands on the buttons below a message, and what each of them says to the bot."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return {button["text"]: button.get("callback_data") for row in rows for button in row}
