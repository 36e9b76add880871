"""Checks of the services, each as a process with a Chasqui of the test: `python examples/tests.py`."""

import base64
import hashlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = Path(__file__).resolve().parent
PATIENCE_SECONDS = 30
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Chasqui(BaseHTTPRequestHandler):
    """Publishes the keys, and takes reports."""

    def do_GET(self):
        self.answer(200, {"keys": [self.server.public]})

    def do_POST(self):
        report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.answers.pop(0) if self.server.answers else 202
        self.server.reports.put((status, self.headers["Authorization"].removeprefix("Bearer "), report))
        self.answer(status, {})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def call(url, body=None, headers=()):
    """The status and the body of an answer."""
    content = {} if body is None else {"Content-Type": "application/json"}
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, content | dict(headers))
    try:
        with OPENER.open(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def digest(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.key = Ed25519PrivateKey.generate()
        public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(self.key.public_key()))
        self.chasqui = ThreadingHTTPServer(("127.0.0.1", 0), Chasqui)
        self.chasqui.public = public | {"kid": "k1", "alg": "EdDSA", "use": "sig"}
        self.chasqui.answers, self.chasqui.reports = [], queue.Queue()
        threading.Thread(target=self.chasqui.serve_forever, daemon=True).start()
        self.addCleanup(self.chasqui.server_close)
        self.addCleanup(self.chasqui.shutdown)

    def start(self, name):
        """Starts a service, on the ledger and with the key that it had before."""
        chasqui = f"http://127.0.0.1:{self.chasqui.server_address[1]}"
        words = [sys.executable, "-B", name, "--listen", "127.0.0.1:0", "--chasqui", chasqui]
        words += ["--state", str(Path(self.folder.name) / name)]
        process = subprocess.Popen(words, cwd=HERE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.url = process.stdout.readline().split()[-1]
        # What it says is read, so that it never waits for a reader.
        threading.Thread(target=lambda: [None for _ in process.stdout], daemon=True).start()
        return process

    def command(self, action, **others):
        usual = {"arguments": {}, "tenant": "default", "requested_by": "telegram:1", "confirmed_by": "telegram:1"}
        return {"command_id": str(uuid.uuid4()), "action": action} | usual | others

    def token(self, command, key=None, audience="trading", kid="k1", **others):
        now = int(time.time())
        claims = {"iss": "chasqui", "sub": "chasqui", "aud": audience, "iat": now, "exp": now + 60}
        claims |= {"jti": command["command_id"], "tenant": command["tenant"]} | others
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.key, algorithm="EdDSA", headers={"kid": kid})

    def post(self, command, token=None, key=None):
        authorization = f"Bearer {self.token(command) if token is None else token}"
        headers = {"Authorization": authorization, "Idempotency-Key": key or command["command_id"]}
        return call(f"{self.url}/v1/commands", command, headers)

    def report(self):
        """The next report that was taken, believed by the public key that the service shows."""
        while True:
            status, token, report = self.chasqui.reports.get(timeout=PATIENCE_SECONDS)
            public = next(Path(self.folder.name).glob("*/public-key.pem")).read_text()
            jwt.decode(token, public, algorithms=["EdDSA"], audience="chasqui", options={"require": ["exp", "sub"]})
            if status < 300:
                return report["command_id"], report["state"], report.get("output")

    def deploy(self):
        body = {"strategies": ["btc-arb-01", "eth-grid-02"]}
        self.assertEqual(call(f"{self.url}/v1/trading/deploy", body)[0], 200)

    def paused(self, strategy="btc-arb-01"):
        listed = json.loads(call(f"{self.url}/v1/trading")[1])["strategies"]
        return {one["strategy_id"]: one["state"] for one in listed}[strategy] == "paused"

    def test_a_command_is_done_once_and_reported(self):
        self.start("trading")
        self.deploy()
        command = self.command("strategy.pause", arguments={"strategy_id": "btc-arb-01"})
        self.assertEqual([self.post(command)[0] for _ in range(3)], [202, 202, 202])
        self.assertEqual(self.report(), (command["command_id"], "running", None))
        self.assertEqual(self.report(), (command["command_id"], "succeeded", "btc-arb-01 is paused now"))
        self.assertTrue(self.paused())
        asked = self.command("status")
        self.post(asked)
        self.assertEqual(self.report()[1], "running")
        told = "the desk is Live: btc-arb-01 is paused, eth-grid-02 trades"
        self.assertEqual(self.report(), (asked["command_id"], "succeeded", told))
        metrics = call(f"{self.url}/metrics")[1]
        succeeded, live = 'trading_commands{state="succeeded"} 2', 'trading_desk{state="Live"} 1'
        for line in (succeeded, live, "trading_tokens_refused_total 0"):
            self.assertIn(f"{line}\n", metrics)

    def test_what_is_not_chasquis_is_refused_and_does_nothing(self):
        self.start("trading")
        self.deploy()
        command = self.command("strategy.pause", arguments={"strategy_id": "btc-arb-01"})
        now = int(time.time())
        unsigned = jwt.encode({"jti": command["command_id"]}, None, algorithm="none", headers={"kid": "k1"})
        for why, token in {
            "no token": "",
            "no JWT": "abc",
            "unsigned": unsigned,
            "another key": self.token(command, key=Ed25519PrivateKey.generate()),
            "a key that is not published": self.token(command, kid="k2"),
            "for another service": self.token(command, audience="financial"),
            "of another issuer": self.token(command, iss="somebody"),
            "of another subject": self.token(command, sub="financial"),
            "of another command": self.token(command, jti="c-2"),
            "of another tenant": self.token(command, tenant="acme"),
            "too old": self.token(command, iat=now - 120, exp=now - 60),
            "for ever": self.token(command, exp=None),
        }.items():
            self.assertEqual(self.post(command, token)[0], 401, why)
        self.assertEqual(self.post(command, key="another")[0], 422)
        self.assertIn("trading_tokens_refused_total 12\n", call(f"{self.url}/metrics")[1])
        self.assertTrue(self.chasqui.reports.empty())
        self.assertFalse(self.paused())

    def test_a_token_is_good_for_the_body_that_it_names(self):
        self.start("trading")
        command = self.command("status")
        body = json.dumps(command).encode()
        other = json.dumps(command | {"requested_by": "telegram:2"}).encode()
        token = self.token(command, digest=digest(body))
        for sent, said, status in ((other, other, 401), (body, other, 400), (other, body, 400), (body, body, 202)):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": command["command_id"]}
            headers["Content-Digest"] = f"sha-512=:AA==:, {digest(said)}"
            self.assertEqual(call(f"{self.url}/v1/commands", sent, headers)[0], status)

    def test_what_it_cannot_do_is_said(self):
        self.start("trading")
        for action, arguments in (
            ("strategy.paws", {}),
            ("strategy.pause", {}),
            ("strategy.pause", {"strategy_id": 7}),
            ("status", {"strategy_id": "btc-arb-01"}),
        ):
            self.assertEqual(self.post(self.command(action, arguments=arguments))[0], 422, (action, arguments))
        command = self.command("strategy.pause", arguments={"strategy_id": "btc-arb-01"})
        self.assertEqual(self.post(command)[0], 202)
        self.assertEqual(self.report()[1], "running")
        self.assertEqual(self.report(), (command["command_id"], "failed", "the desk is Idle: nothing trades"))
        another = command | {"action": "status", "arguments": {}}
        self.assertEqual(self.post(another)[0], 422, "the id is that of another command")

    def test_a_report_is_repeated_until_it_is_confirmed(self):
        self.start("trading")
        self.chasqui.answers += [503, 401]
        command = self.command("status")
        self.post(command)
        self.assertEqual(self.report(), (command["command_id"], "running", None))
        self.assertEqual(self.report()[1:], ("succeeded", "the desk is Idle"))
        # What nobody waits for any more is not said for ever.
        self.chasqui.answers += [404, 403]
        self.post(self.command("status"))
        last = self.command("status")
        self.post(last)
        self.assertEqual(self.report(), (last["command_id"], "running", None))

    def test_what_was_taken_is_done_and_reported_by_the_next_process(self):
        process = self.start("trading")
        self.deploy()
        self.chasqui.answers += [503] * 100
        command = self.command("strategy.pause", arguments={"strategy_id": "btc-arb-01"})
        self.assertEqual(self.post(command)[0], 202)
        process.kill()
        process.wait()
        self.chasqui.answers.clear()
        self.start("trading")
        self.assertEqual(self.report(), (command["command_id"], "running", None))
        self.assertEqual(self.report()[1:], ("succeeded", "btc-arb-01 is paused now"))
        self.assertTrue(self.paused())
        self.assertEqual(self.post(command)[0], 202, "it is known again")

    def test_every_program_says_what_it_takes(self):
        for program in ("trading", "financial", "memory", "demo"):
            words = [sys.executable, "-B", program, "--help"]
            said = subprocess.run(words, cwd=HERE, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
            self.assertEqual((said.returncode, said.stderr), (0, ""), program)

    def test_the_desk_goes_its_way_and_no_other(self):
        self.start("trading")
        deploy, stop = f"{self.url}/v1/trading/deploy", f"{self.url}/v1/trading/stop"
        strategies = {"strategies": ["btc-arb-01"]}
        steps = [(stop, {}, 409), (deploy, {}, 409), (deploy, strategies, 200), (deploy, strategies, 409)]
        steps += [(stop, {}, 200), (stop, {}, 409), (deploy, strategies, 200)]
        for at, (url, body, status) in enumerate(steps):
            self.assertEqual(call(url, body)[0], status, at)
        self.assertEqual(call(stop, b"{}", {"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(call(stop, b"{")[0], 400)
        self.assertEqual(call(stop, b" " * 70_000)[0], 413)
        self.assertEqual((call(f"{self.url}/health")[0], call(f"{self.url}/nowhere")[0]), (200, 404))

    def test_an_invoice_is_approved_by_somebody_else_and_once(self):
        self.start("financial")
        invoice = {"id": "F-118", "amount": 1250.5}
        for by, expected in (
            ("telegram:1", ("failed", "an invoice is approved by somebody else than whoever asks for it")),
            (None, ("failed", "an invoice is approved by somebody else than whoever asks for it")),
            ("telegram:2", ("succeeded", "F-118 of 1250.50 is approved by telegram:2")),
            ("telegram:3", ("failed", "F-118 was approved before, by telegram:2")),
        ):
            command = self.command("invoice.approve", arguments=invoice, confirmed_by=by)
            self.assertEqual(self.post(command, self.token(command, audience="financial"))[0], 202)
            self.assertEqual(self.report()[1], "running")
            self.assertEqual(self.report()[1:], expected)

    def test_what_is_remembered_is_found_and_forgotten(self):
        self.start("memory")
        note = {"user_id": "ana", "text": "Prefiere café"}
        self.assertEqual(call(f"{self.url}/v1/memory/remember", note)[0], 200)
        for action, arguments, expected in (
            ("recall", {"query": "CAFÉ"}, ("succeeded", "ana: Prefiere café")),
            ("recall", {"query": "té"}, ("succeeded", "nothing is remembered of that")),
            ("forget", {"user_id": "ana"}, ("succeeded", "1 of ana forgotten")),
            ("forget", {"user_id": "ana"}, ("failed", "nothing is remembered of ana")),
        ):
            command = self.command(action, arguments=arguments)
            self.assertEqual(self.post(command, self.token(command, audience="memory"))[0], 202)
            self.assertEqual(self.report()[1], "running")
            self.assertEqual(self.report()[1:], expected)


if __name__ == "__main__":
    unittest.main()
