"""The gateway's side of the vault, by `cryptography`: one JSON request per line in, one answer per line out.

{"key": base64, "open": base64} -> {"text": the plain text} or {"refused": true}
{"key": base64, "seal": text} -> {"blob": base64}
"""
import base64
import json
import os
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def read(key: bytes, blob: bytes) -> str:
    """As the gateway does: what is valid UTF-8 is plain JSON."""
    try:
        return blob.decode("utf-8")
    except UnicodeDecodeError:
        return AESGCM(key).decrypt(blob[:12], blob[12:], None).decode("utf-8")


def answer(request: dict) -> dict:
    key = base64.b64decode(request["key"], validate=True)
    if "seal" in request:
        nonce = os.urandom(12)
        blob = nonce + AESGCM(key).encrypt(nonce, request["seal"].encode("utf-8"), None)
        return {"blob": base64.b64encode(blob).decode("ascii")}
    try:
        return {"text": read(key, base64.b64decode(request["open"], validate=True))}
    except (InvalidTag, ValueError):
        return {"refused": True}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
