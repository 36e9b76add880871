"""A service of S3 with one bucket, by moto: prints its URL, and serves until its standard input ends.

Usage: s3_server.py BUCKET
"""

import sys

import boto3
from moto.server import ThreadedMotoServer


def main() -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="hidden"
    )
    client.create_bucket(Bucket=sys.argv[1])
    print(url, flush=True)
    sys.stdin.read()
    server.stop()


main()
