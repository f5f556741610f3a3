"""Key agreement with Python's `cryptography`: RFC 7748, and the NIST curves with uncompressed or any SEC 1 points."""

from cryptography.hazmat.primitives.asymmetric import ec, x25519

from kat1 import Reject


class X25519:
    name, private_len, public_len = "X25519", 32, 32

    @staticmethod
    def public(private):
        if len(private) != 32:
            raise Reject("length")
        return x25519.X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()

    @staticmethod
    def agree(private, public):
        if len(private) != 32 or len(public) != 32:
            raise Reject("length")
        key = x25519.X25519PrivateKey.from_private_bytes(private)
        try:
            return key.exchange(x25519.X25519PublicKey.from_public_bytes(public))
        except ValueError:  # an all-zero result is what the library refuses
            raise Reject("zero") from None


class Nist:
    def __init__(self, name, curve):
        self.name, self.curve = name, curve
        self.private_len = (curve.key_size + 7) // 8
        self.public_len = 1 + 2 * self.private_len

    def private(self, private):
        if len(private) != self.private_len:
            raise Reject("length")
        try:
            return ec.derive_private_key(int.from_bytes(private), self.curve)
        except ValueError:
            raise Reject("other") from None

    def public(self, private):
        numbers = self.private(private).public_key().public_numbers()
        return b"\x04" + numbers.x.to_bytes(self.private_len) + numbers.y.to_bytes(self.private_len)

    def agree(self, private, public):
        key = self.private(private)
        try:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(self.curve, public)
        except ValueError:
            raise Reject("point") from None
        return key.exchange(ec.ECDH(), peer)


P256 = Nist("P-256", ec.SECP256R1())
P384 = Nist("P-384", ec.SECP384R1())


def add(table):
    for curve in (X25519, P256, P384):
        table.add(curve.name, "keygen", lambda i, c=curve: {"public": c.public(i["private"])})
        table.add(curve.name, "agree", lambda i, c=curve: {"shared": c.agree(i["private"], i["public"])})
