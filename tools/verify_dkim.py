"""Verifies the DKIM signatures of mails by dkimpy, and prints what it found of each as one line of JSON.

Its arguments are a file with one mail on each line, in base64, and the TXT records of DNS as JSON, by their names. A
signature that is valid has no "why", and lists the names of the headers that it covers.
"""

import base64
import json
import sys

import dkim


def found(content, records):
    """What the verifier says."""
    verifier = dkim.DKIM(content)

    def text(name, timeout=5):
        record = records.get(name.decode().rstrip("."))
        return record and record.encode()

    try:
        valid = verifier.verify(dnsfunc=text)
    except dkim.DKIMException as refusal:
        return {"valid": False, "why": str(refusal)}
    if not valid:
        return {"valid": False, "why": "the signature does not fit"}
    return {"valid": True, "signed": [name.decode().lower() for name, _ in verifier.signed_headers]}


known = json.loads(sys.argv[2])
with open(sys.argv[1], encoding="ascii") as mails:
    for mail in mails:
        print(json.dumps(found(base64.b64decode(mail), known)), flush=True)
# The caller closes standard input when it has read everything.
sys.stdin.read()
