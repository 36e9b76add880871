"""A worker as it is often written: pika takes a message, requests posts it, the message is acknowledged.

Usage: pika_worker.py AMQP_URL QUEUE PROVIDER_URL COUNT
"""

import json
import sys

import pika
import requests

amqp_url, queue, provider_url, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])

connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
channel = connection.channel()
channel.basic_qos(prefetch_count=100)
provider = requests.Session()
provider.auth = ("AC00000000000000000000000000000001", "a token")
sent = 0
for method, _, body in channel.consume(queue):
    message = json.loads(body)
    form = {"To": message["destination"], "From": "+15005550006", "Body": message["message"]}
    provider.post(provider_url, data=form, timeout=10).raise_for_status()
    channel.basic_ack(method.delivery_tag)
    sent += 1
    if sent == count:
        break
channel.cancel()
connection.close()
