"""Verifies a webhook by the library of Standard Webhooks, and prints as JSON which of some secrets have signed it.

Its argument is a file of JSON: the headers and the body of a request, and the secrets.
"""

import json
import sys
from datetime import datetime, timezone

from standardwebhooks.webhooks import Webhook

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
headers = request["headers"]
at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=timezone.utc)
# `verify` refuses what is older than five minutes, and times of tests are long ago.
signed = [Webhook(secret).sign(headers["webhook-id"], at, request["body"]) for secret in request["secrets"]]
given = headers["webhook-signature"].split(" ")
print(json.dumps({"verified": [signature in given for signature in signed]}), flush=True)
# The caller closes standard input when it has read everything.
sys.stdin.read()
