"""The same as a Celery task, acknowledged after it is done. Run as a program, it asks for tasks:

Usage: celery_app.py FIRST COUNT TEXT, with AMQP_URL and PROVIDER_URL in the environment
"""

import os
import sys

import requests
from celery import Celery

app = Celery("celery_app", broker=os.environ["AMQP_URL"])
app.conf.task_acks_late = True
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True

provider = requests.Session()
provider.auth = ("AC00000000000000000000000000000001", "a token")


@app.task(name="send")
def send(destination, message):
    form = {"To": destination, "From": "+15005550006", "Body": message}
    provider.post(os.environ["PROVIDER_URL"], data=form, timeout=10).raise_for_status()


if __name__ == "__main__":
    first, count, text = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(first, first + count):
            app.send_task("send", (f"+1999{number:08}", text), producer=producer)
