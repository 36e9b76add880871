"""The client of Socket.IO for Python: connects, joins topics, and prints what it is told, a line of JSON each, until its standard
input ends. The tests of the gateway read it.

    var/tools/venv/bin/python tools/socket_client.py '{"url": "http://127.0.0.1:8003", "auth": {"token": "…"}}'
"""

import json
import os
import sys

import socketio

given = json.loads(sys.argv[1])
client = socketio.Client(reconnection=False)


def say(*told):
    print(json.dumps(told), flush=True)


@client.event
def connect():
    say("connect")
    for topic in given.get("topics", []):
        client.emit("join", {"topic": topic}, callback=lambda answer: say("joined", answer))


@client.event
def connect_error(why):
    say("connect_error", why["message"] if isinstance(why, dict) else str(why))


@client.event
def disconnect(reason):
    say("disconnect", reason)


@client.on("*")
def told(event, data=None):
    say(event, data)


try:
    client.connect(given["url"], auth=given["auth"], transports=given.get("transports"))
except socketio.exceptions.ConnectionError:
    # What was told of it was printed.
    pass
sys.stdin.read()
# Threads of the client must not keep it alive.
os._exit(0)
