import base64, json, time, urllib.request
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def public_keys():
    with urllib.request.urlopen(BAILIWICK + "/.well-known/jwks.json", timeout=5) as answer:
        keys = json.load(answer)["keys"]
    return {key["kid"]: base64.urlsafe_b64decode(key["x"] + "=") for key in keys}


def verify(address, query, headers, keys):
    """Raises unless this server made the call.

    address: your public URL up to the "?", such as "https://shop.example/callback"
    query:   what stands behind the "?", exactly as received
    headers: by their names in lower case
    """
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        raise ValueError("the call is too old, or a clock is wrong")
    version, signature = headers["webhook-signature"].split(",", 1)
    if version != "v1a":
        raise ValueError("the signature is of an unknown kind")
    lines = ["v1", "GET", address, query, headers["webhook-id"], headers["webhook-timestamp"]]
    key = Ed25519PublicKey.from_public_bytes(keys[headers["webhook-key-id"]])
    key.verify(base64.b64decode(signature), "\n".join(lines).encode())
