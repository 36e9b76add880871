"""What is read and answered over HTTP."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .service import Refused
from .tokens import content_digest

MAX_BODY_BYTES = 64 * 1024
REQUEST_SECONDS = 10  # how long a caller may take to send something


def listener(address, running):
    """A listener at `host:port`, which serves as long as it is told to."""
    host, _, port = address.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    server.daemon_threads = True
    server.running = running
    return server


def problem(detail):
    return {"detail": detail}


class Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers."""

    protocol_version = "HTTP/1.1"
    timeout = REQUEST_SECONDS

    def do_GET(self):
        running = self.server.running
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif self.path == "/metrics":
            self.answer(200, running.metrics(), "text/plain; version=0.0.4; charset=utf-8")
        else:
            self.own("GET", None)

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True  # what follows is not read
            self.answer(413, problem(f"a body has a Content-Length of at most {MAX_BODY_BYTES} bytes"))
            return
        text = self.rfile.read(int(length))
        # A page in somebody's browser cannot say so without asking first.
        if self.headers.get_content_type() != "application/json":
            self.answer(415, problem("a body is application/json"))
            return
        # It may have digests of other kinds as well.
        digests = [digest.strip() for digest in self.headers.get("Content-Digest", "").split(",")]
        if any(digest.startswith("sha-256=") and digest != content_digest(text) for digest in digests):
            self.answer(400, problem("the body is not the one of Content-Digest"))
            return
        try:
            body = json.loads(text)
        except ValueError:
            self.answer(400, problem("the body is no JSON"))
            return
        if self.path == "/v1/commands":
            self.answer(*self.server.running.receive(self.headers, body, text))
        else:
            self.own("POST", body)

    def own(self, method, body):
        running = self.server.running
        route = running.service.routes().get((method, self.path))
        if route is None:
            self.answer(404, problem("there is no such route"))
            return
        try:
            with running.ledger.transaction() as db:
                answer = route(db, body)
        except Refused as error:
            self.answer(409, problem(str(error)))
            return
        self.answer(200, answer)

    def answer(self, status, body, kind="application/json"):
        text = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """What is worth a line is said where it happens."""
