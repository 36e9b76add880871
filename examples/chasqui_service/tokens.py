"""Which tokens are Chasqui's, by the keys that it publishes, and the key that signs our own."""

import base64
import hashlib
import json
import os
import threading
import time
import urllib.request
import uuid

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUER = "chasqui"  # who signs commands, and for whom the tokens of our reports are
ANSWER_SECONDS = 10  # how long Chasqui may take to answer
MAX_KEYS_BYTES = 64 * 1024
CLOCKS_DIFFER_SECONDS = 5
TOKEN_SECONDS = 60
KEYS_STAY_SECONDS = 300  # how long Chasqui's keys are kept before they are asked for again
KEYS_AGAIN_SECONDS = 10  # how soon at the earliest, where a token names a key that is not known

# A proxy of the environment is for what is outside; Chasqui is a neighbour.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NotBelieved(Exception):
    """A token that is not Chasqui's, or not for this command."""


class KeysAway(Exception):
    """Chasqui's keys cannot be had now: nobody knows whether the token is one of its."""


def content_digest(body):
    """What `Content-Digest` (RFC 9530) says of these bytes."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


class OwnKey:
    """The key that signs our reports. It is made at the first start, and Chasqui is given its public half."""

    def __init__(self, folder, name):
        self.name = name
        private = folder / "private-key.pem"
        if not private.exists():
            self._make(private)
        self._key = serialization.load_pem_private_key(private.read_bytes(), password=None)
        form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public = self._key.public_key().public_bytes(*form).decode()
        (folder / "public-key.pem").write_text(self.public)

    @staticmethod
    def _make(private):
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        new = private.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        new.rename(private)

    def token(self):
        now = int(time.time())
        claims = {"iss": self.name, "sub": self.name, "aud": ISSUER, "iat": now, "exp": now + TOKEN_SECONDS}
        return jwt.encode(claims | {"jti": str(uuid.uuid4())}, self._key, algorithm="EdDSA")


class Tokens:
    """Says which tokens are Chasqui's, by the keys that it publishes."""

    def __init__(self, chasqui, audience):
        self.url = f"{chasqui}/.well-known/jwks.json"
        self.audience = audience
        self._keys = {}
        self._asked_at = float("-inf")
        self._lock = threading.Lock()

    def claims(self, authorization, command, body):
        """The claims of the token of this command, which came in these bytes.

        Raises `NotBelieved`, and `KeysAway` where Chasqui does not answer.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotBelieved("there is no bearer token")
        try:
            key = self._key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key.key,
                # The algorithm is ours to choose, whatever the token says.
                algorithms=["EdDSA"],
                audience=self.audience,
                issuer=ISSUER,
                leeway=CLOCKS_DIFFER_SECONDS,
                options={"require": ["exp", "iat", "aud", "iss", "sub", "jti"]},
            )
        except jwt.PyJWTError as error:
            raise NotBelieved(str(error)) from error
        if claims["sub"] != ISSUER or claims["jti"] != command["command_id"]:
            raise NotBelieved("the token is that of another command")
        if claims.get("tenant") != command["tenant"]:
            raise NotBelieved("the token is that of another tenant")
        # A Chasqui of before says nothing of the body.
        if claims.get("digest", content_digest(body)) != content_digest(body):
            raise NotBelieved("the token is that of another body")
        return claims | {"kid": key.key_id}

    def _key(self, kid):
        with self._lock:
            age = time.monotonic() - self._asked_at
            if age > KEYS_STAY_SECONDS or (kid not in self._keys and age > KEYS_AGAIN_SECONDS):
                self._ask()
            if kid not in self._keys:
                raise NotBelieved("its key is none that Chasqui publishes")
            return self._keys[kid]

    def _ask(self):
        try:
            with OPENER.open(self.url, timeout=ANSWER_SECONDS) as answer:
                published = jwt.PyJWKSet.from_dict(json.loads(answer.read(MAX_KEYS_BYTES)))
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise KeysAway(f"{self.url}: {error}") from error
        self._keys = {key.key_id: key for key in published.keys}
        self._asked_at = time.monotonic()
