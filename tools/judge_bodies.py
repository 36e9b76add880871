"""Says of each line of a file, which is one body in JSON, whether a schema takes it: "taken" or "refused".

    var/tools/venv/bin/python tools/judge_bodies.py docs/schemas/notification.json FILE
"""

import json
import sys

from jsonschema import Draft202012Validator

# A body may be as deep as its reader takes it.
sys.setrecursionlimit(20_000)
with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
with open(sys.argv[2], encoding="utf-8", newline="\n") as file:
    for line in file:
        print("taken" if validator.is_valid(json.loads(line)) else "refused")
