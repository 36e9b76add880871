"""A mail server for tests, on a free port of 127.0.0.1: it prints each mail that it accepts as one line of JSON,
as it came ("data") and as a reader sees it ("headers", "text", "html", "attachments").

The first line that it prints says where it is: {"port": 40025, "ca": "/tmp/.../ca.pem" or null}. It ends when its
standard input is closed. What it answers is written in the part of the recipient before the "@":

    rcpt-550@…   refuses the recipient with that code (any code from 400 to 599)
    data-451@…   refuses the mail after its final dot
    once-451@…   refuses the first mail after its final dot, and accepts those that follow
    drop@…       takes the mail, prints it, and cuts the connection without an answer
    hang@…       takes the mail, prints it, and never answers
    anything else is accepted
"""

import argparse
import asyncio
import base64
import contextlib
import json
import logging
import re
import ssl
import sys
import tempfile
import warnings
from email import message_from_bytes, policy

import trustme
from aiosmtpd.smtp import SMTP, AuthResult


def file(part):
    """Name, type and bytes of an attachment, the last in base64."""
    content = part.get_payload(decode=True)
    return {
        "filename": part.get_filename(),
        "content_type": part.get_content_type(),
        "content": base64.b64encode(content).decode(),
    }


def as_read(content):
    """What a mail program shows: decoded headers under their names in lower case, both bodies, and files.

    A defect is anything that Python's parser would rather not have seen.
    """
    message = message_from_bytes(content, policy=policy.default)
    body = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    return {
        "headers": {name.lower(): str(value) for name, value in message.items()},
        "text": body["plain"] and body["plain"].get_content(),
        "html": body["html"] and body["html"].get_content(),
        "attachments": [file(part) for part in message.iter_attachments()],
        "defects": [repr(defect) for part in message.walk() for defect in part.defects],
    }


class Mailbox:
    """Decides about each mail as its recipient asks, and prints those that were taken."""

    def __init__(self):
        self.refused = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if refusal := re.match(r"rcpt-([45]\d\d)@", address):
            return f"{refusal[1]} refused: <{address}> as asked"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        to = envelope.rcpt_tos[0]
        if refusal := re.match(r"data-([45]\d\d)@", to):
            return f"{refusal[1]} refused: mail to <{to}> as asked"
        if (refusal := re.match(r"once-([45]\d\d)@", to)) and to not in self.refused:
            self.refused.add(to)
            return f"{refusal[1]} refused: the first mail to <{to}> as asked"
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.original_content.decode("utf-8", "replace"),
            "tls": session.ssl is not None,
            "user": getattr(session, "user", None),
            "client": session.peer[1],
            **as_read(envelope.original_content),
        }
        print(json.dumps(mail), flush=True)
        if to.startswith("drop@"):
            server.transport.abort()
        if to.startswith("hang@"):
            await asyncio.Event().wait()
        return "250 OK: queued"


class Authenticator:
    """Knows one user."""

    def __init__(self, user, password):
        self.known = (user.encode(), password.encode())

    def __call__(self, server, session, envelope, mechanism, auth_data):
        success = (auth_data.login, auth_data.password) == self.known
        session.user = auth_data.login.decode("utf-8", "replace") if success else None
        return AuthResult(success=success, handled=False)


def certificates(folder):
    """A server context for 127.0.0.1, and the file with the certificate of the authority that vouches for it."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    authority.cert_pem.write_to_path(f"{folder}/ca.pem")
    return context, f"{folder}/ca.pem"


async def serve(arguments):
    """Serves until standard input is closed."""
    with contextlib.ExitStack() as stack:
        context = ca = None
        if arguments.tls != "none":
            context, ca = certificates(stack.enter_context(tempfile.TemporaryDirectory()))
        login = dict(authenticator=Authenticator(*arguments.login), auth_required=True) if arguments.login else {}
        starttls = dict(tls_context=context, require_starttls=True) if arguments.tls == "starttls" else {}

        mailbox = Mailbox()

        def protocol():
            return SMTP(mailbox, auth_require_tls=arguments.tls == "starttls", timeout=60, **login, **starttls)

        loop = asyncio.get_running_loop()
        implicit = context if arguments.tls == "implicit" else None
        server = await loop.create_server(protocol, "127.0.0.1", arguments.port, ssl=implicit)
        print(json.dumps({"port": server.sockets[0].getsockname()[1], "ca": ca}), flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="a free one if not given")
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--login", nargs=2, metavar=("USER", "PASSWORD"), help="require this login")
    # A client that hangs up, or does not trust us, is what tests are about and no news.
    logging.disable()
    warnings.simplefilter("ignore")
    asyncio.run(serve(parser.parse_args()))


main()
