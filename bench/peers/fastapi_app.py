"""`POST /notify` as it is often written: FastAPI reads the body, aio-pika publishes it and awaits the confirm."""

import os
from contextlib import asynccontextmanager

import aio_pika
from fastapi import FastAPI
from pydantic import BaseModel


class Notification(BaseModel):
    channel: str
    destination: str
    message: str


@asynccontextmanager
async def lifespan(app):
    connection = await aio_pika.connect_robust(os.environ["AMQP_URL"])
    channel = await connection.channel(publisher_confirms=True)
    app.state.exchange = channel.default_exchange
    async with connection:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/notify", status_code=202)
async def notify(notification: Notification):
    body = notification.model_dump_json().encode()
    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await app.state.exchange.publish(message, routing_key=os.environ["QUEUE"])
    return {"status": "accepted"}
