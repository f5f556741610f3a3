"""The answering side of kat/1, for the Python peers: lines of JSON in, lines of JSON out.

A peer fills a `Table` with functions and calls `serve`. A function gets the inputs by name (bytes, numbers, and
the name of a hash) and gives outputs by name. It raises `Reject` for a bad input, `Unsupported` for what its
library does not have; any other exception is an `error`, which a runner counts as a crash.
"""

import json
import platform
import sys

TEXT = {"hash"}


class Reject(Exception):
    """The library judged an input bad; the reason is a word of kat/1."""


class Unsupported(Exception):
    """The library does not offer this; the lack is a word of kat/1."""


class Input(dict):
    """Inputs by name. One that is not there is a private key in a form that the peer does not take."""

    def __missing__(self, name):
        raise Unsupported("key" if name in ("seed", "dk", "sk") else "param")


class Table(dict):
    def add(self, alg, op, function, keys=None):
        self[alg, op] = (function, keys)

    def caps(self):
        caps = []
        for (alg, op), (_, keys) in self.items():
            cap = {"alg": alg, "op": op}
            if keys is not None:
                cap["key"] = keys
            caps.append(cap)
        return caps

    def answer(self, alg, op, values):
        """The answer to one question, as the members of its line."""
        if (alg, op) not in self:
            return {"unsupported": "op" if any(alg == known for known, _ in self) else "alg"}
        function, _ = self[alg, op]
        try:
            out = function(Input({name: decode(name, value) for name, value in values.items()}))
        except Reject as reject:
            return {"reject": str(reject)}
        except Unsupported as lack:
            return {"unsupported": str(lack)}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
        return {"out": {name: value.hex() for name, value in out.items()}}


def decode(name, value):
    if isinstance(value, str) and name not in TEXT:
        return bytes.fromhex(value)
    return value


def serve(name, version, table, derand, inflight=8):
    """Answers until the end of stdin."""
    about = {"name": name, "version": version, "build": f"{platform.python_implementation()} {platform.python_version()}"}
    for line in sys.stdin:
        request = json.loads(line)
        if "hello" in request:
            answer = {"kat": 1, "impl": about, "caps": table.caps(), "derand": derand, "inflight": inflight}
        else:
            answer = {"id": request["id"], **table.answer(request["alg"], request["op"], request["in"])}
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
        sys.stdout.flush()


def monte(alg, digest, seed):
    """CAVP's Monte Carlo test: 1,000 digests, each of the one before (SHA-3) or of the three before (SHA-2)."""
    if alg.startswith("SHA3"):
        for _ in range(1000):
            seed = digest(seed)
        return seed
    last = [seed] * 3
    for _ in range(1000):
        last = [*last[1:], digest(b"".join(last))]
    return last[2]
