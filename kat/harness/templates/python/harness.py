#!/usr/bin/env python3
"""A harness of kat/1 in Python: answers known-answer questions, one JSON object a line. See README.md.

Put your library behind the functions of OPERATIONS. Each takes the inputs of its operation by name (bytes, or a
number such as `len`) and gives its outputs by name, in bytes. Raise Reject for a bad input and Unsupported for
what your library cannot do; any other exception counts as a crash, and never as a rejection.
"""

import hashlib
import json
import sys


class Reject(Exception):
    """The input is bad: modulus, length, hash, point, zero, tag, encoding, ctx or other."""


class Unsupported(Exception):
    """The library does not offer this: alg, op, param, key or derand."""


# --- Your library ---------------------------------------------------------------------------------------------


def sha3_256(i):
    return {"digest": hashlib.sha3_256(i["msg"]).digest()}


def shake256(i):
    return {"digest": hashlib.shake_256(i["msg"]).digest(i["len"])}


# An example of a KEM, for a module `mylib`:
#
#   def decaps(i):
#       if "dk" not in i:                 # asked with a seed, and `key` below claims only expanded keys
#           raise Unsupported("key")
#       try:
#           return {"K": mylib.decaps(i["dk"], i["c"])}
#       except mylib.BadKey:
#           raise Reject("hash")
#
#   ("ML-KEM-768", "decaps"): (decaps, ["expanded"]),

# Algorithm and operation: the function, and the forms of private keys it takes where it takes one.
OPERATIONS = {
    ("SHA3-256", "hash"): (sha3_256, None),
    ("SHAKE256", "hash"): (shake256, None),
}
IMPL = {"name": "my-library", "version": "0.1.0", "build": f"Python {sys.version.split()[0]}"}
DERAND = True  # whether encapsulation and signing take the randomness that they are given

# --- The protocol ---------------------------------------------------------------------------------------------


def hello():
    caps = [
        {"alg": alg, "op": op, **({"key": keys} if keys else {})} for (alg, op), (_, keys) in OPERATIONS.items()
    ]
    return {"kat": 1, "impl": IMPL, "caps": caps, "derand": DERAND, "inflight": 8}


def answer(question):
    alg, op = question["alg"], question["op"]
    if (alg, op) not in OPERATIONS:
        return {"unsupported": "op" if any(alg == known for known, _ in OPERATIONS) else "alg"}
    function, _ = OPERATIONS[alg, op]
    try:
        # All texts are hex but the name of a hash.
        values = {
            name: bytes.fromhex(value) if isinstance(value, str) and name != "hash" else value
            for name, value in question["in"].items()
        }
        return {"out": {name: value.hex() for name, value in function(values).items()}}
    except Reject as reject:
        return {"reject": str(reject)}
    except Unsupported as lack:
        return {"unsupported": str(lack)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        reply = hello() if "hello" in request else {"id": request["id"], **answer(request)}
        print(json.dumps(reply, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
