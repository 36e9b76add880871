"""Reads mails as a mail program does, and prints each as one line of JSON.

Its argument is a file with one mail on each line, in base64. A defect is anything that Python's parser would rather
not have seen, in any part or header.
"""

import base64
import json
import sys
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr


def mailbox(content, name):
    """Name and address of the mailbox in this header.

    By the older of Python's two parsers: before 3.13 the newer one shows a space between the encoded-words of a name.
    """
    header = message_from_bytes(content, policy=policy.compat32)[name]
    display_name, address = parseaddr(header)
    return header and [str(make_header(decode_header(display_name))), address]


def as_read(content):
    """What the reader sees."""
    message = message_from_bytes(content, policy=policy.default)
    body = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    headers = [defect for value in message.values() for defect in value.defects]
    parts = [defect for part in message.walk() for defect in part.defects]
    return {
        "subject": message["subject"],
        "from": mailbox(content, "from"),
        "to": mailbox(content, "to"),
        "reply_to": mailbox(content, "reply-to"),
        "addresses": [message[name].addresses[0].addr_spec for name in ("from", "to", "reply-to")],
        "text": body["plain"] and body["plain"].get_content(),
        "html": body["html"] and body["html"].get_content(),
        "defects": [repr(defect) for defect in headers + parts],
    }


with open(sys.argv[1], encoding="ascii") as mails:
    for mail in mails:
        print(json.dumps(as_read(base64.b64decode(mail))), flush=True)
# The caller closes standard input when it has read everything.
sys.stdin.read()
