"""The walk of a command, in a terminal: somebody writes to the bot, is asked, presses a button, and is told what the
service says. A fake Telegram, a fleet of its own and the three services are started for it, and stopped after it.

`make demo-dialog` builds the fleet and runs this; alone it takes `--binary target/debug/chasqui`.
"""

import argparse
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from parts import Stuck, buttons, call, line, step
from stage import BEN, Demo


def asked(words):
    return lambda message: "Sí" in buttons(message) and words in message.get("text", "")


def told(words):
    return lambda message: words in message.get("text", "")


def one_person(demo):
    step(1, "A desk trades: it was deployed by the service's own API")
    trading = f"http://127.0.0.1:{demo.ports['trading']}"
    body = {"strategies": ["btc-arb-01", "eth-grid-02"]}
    line("POST", f"{trading}/v1/trading/deploy {json.dumps(body)}")
    line("trading", call(f"{trading}/v1/trading/deploy", body), "33")

    step(2, "Ana has it told to pause one, in her chat with the bot; before anything happens she is asked, and Ben, too")
    demo.ana.says("/cmd trading.strategy.pause strategy_id=btc-arb-01")
    question = demo.ana.until("a question with buttons", asked("btc-arb-01"))

    step(3, "She presses Sí: the service gets the command, and believes it by its token")
    demo.ana.presses(question, "Sí")
    found = demo.log_line("trading", r"command \S+ strategy\.pause: its token is Chasqui's")
    command = re.search(r"command (\S+) ", found)[1]

    step(4, "It does it, and reports with a token of its own until Chasqui has it")
    for state in ("running", "succeeded"):
        demo.log_line("trading", f"command {re.escape(command)}: reported {state}, and Chasqui says 202")
    shown = call(f"{trading}/metrics").splitlines()
    for metric in (one for one in shown if one.startswith(("trading_strategies_paused", "trading_commands"))):
        line("/metrics", metric)

    step(5, "Ana is told what the service says")
    demo.ana.until("the end of the command", told("btc-arb-01 is paused now"))


def two_people(demo):
    step(6, "An invoice needs a second person: whoever asks for it may not confirm it")
    demo.ana.says("/cmd financial.invoice.approve id=F-2026-118 amount=1250.50")
    hers = demo.ana.until("a question with buttons", asked("F-2026-118"))
    his = demo.ben.until("a question with buttons", asked("F-2026-118"))
    demo.ana.presses(hers, "Sí")
    demo.ana.until("that she may not", told("Lo has pedido tú"))
    demo.ben.presses(his, "Sí")
    demo.log_line("financial", "reported succeeded, and Chasqui says 202")
    demo.ana.until("the end of the command", told(f"is approved by telegram:{BEN}"))


def nobody(demo):
    step(7, "What changes nothing is done at once")
    memory = f"http://127.0.0.1:{demo.ports['memory']}/v1/memory/remember"
    call(memory, {"user_id": "u-77", "text": "Prefiere el café sin azúcar"})
    demo.ana.says('/cmd memory.recall query="café sin"')
    demo.ana.until("what is remembered", told("Prefiere el café"))


def play(options):
    folder = Path(tempfile.mkdtemp(prefix="chasqui-demo-"))
    demo = Demo(str(Path(options.binary).resolve()), folder, options.first_port)
    began = time.monotonic()
    is_done = False
    try:
        print("demo: starting a fake Telegram, three services and a fleet with a RabbitMQ node of its own", flush=True)
        demo.start()
        print(f"demo: the fleet is ready after {time.monotonic() - began:.0f} s; its API is at {demo.api}", flush=True)
        began = time.monotonic()
        one_person(demo)
        two_people(demo)
        nobody(demo)
        print(f"\ndemo: done in {time.monotonic() - began:.1f} s. docs/two-way.md says what happened.", flush=True)
        is_done = True
    finally:
        print("demo: stopping what was started", flush=True)
        demo.stop()
        if is_done and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"demo: the logs and the ledger are in {folder}", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told = options.add_argument
    told("--binary", default="target/debug/chasqui", help="the fleet's program")
    told("--first-port", type=int, default=0, metavar="PORT", help="the first of six ports; default: free ones")
    told("--keep", action="store_true", help="keep the logs and the ledger")
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(1))
    try:
        play(options.parse_args())
    except Stuck as stuck:
        sys.exit(f"demo: {stuck}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
