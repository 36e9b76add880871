"""Reads pushes as a browser and its push service do, by libraries that are not ours, and prints each as JSON on a line.

Its arguments are the browser's private key and its secret, in base64url, and a file with one push on each line: the
`Authorization` header in base64url, a space, and the body in base64url.
"""

import json
import re
import sys
from base64 import urlsafe_b64decode

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

CURVE = ec.SECP256R1()


def decoded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(header):
    """The claims of a header of RFC 8292, signed with the key that stands in it. Times of tests are long ago."""
    token, public_key = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", header).groups()
    public_key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(public_key))
    only_signature = {"verify_exp": False, "verify_aud": False}
    return jwt.decode(token, public_key, algorithms=["ES256"], options=only_signature)


private_key = ec.derive_private_key(int.from_bytes(decoded(sys.argv[1]), "big"), CURVE)
with open(sys.argv[3], encoding="ascii") as pushes:
    for push in pushes:
        header, body = map(decoded, push.split())
        content = http_ece.decrypt(
            body, private_key=private_key, auth_secret=decoded(sys.argv[2]), version="aes128gcm"
        )
        print(json.dumps({"claims": signed(header.decode()), "read": json.loads(content)}), flush=True)
# The caller closes standard input when it has read everything.
sys.stdin.read()
