"""Python's side of scripts/cert-peers.sh, by `cryptography`: `verify FOLDER` takes ca.pem, end.pem, end.csr and ca.crl;
`make ALGORITHM FOLDER` writes ca.pem, end.pem, end.csr and ca.crl, which revokes another number than that of end.pem."""

import datetime
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

KEYS = {
    "ed25519": ed25519.Ed25519PrivateKey,
    "ml-dsa-44": mldsa.MLDSA44PrivateKey,
    "ml-dsa-65": mldsa.MLDSA65PrivateKey,
    "ml-dsa-87": mldsa.MLDSA87PrivateKey,
}
PEM = serialization.Encoding.PEM
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)


def usage(*names):
    all_names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    ).split()
    return x509.KeyUsage(**{name: name in names for name in all_names})


def name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def verify(folder):
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    end = x509.load_pem_x509_certificate((folder / "end.pem").read_bytes())
    ca.verify_directly_issued_by(ca)
    end.verify_directly_issued_by(ca)
    request = x509.load_pem_x509_csr((folder / "end.csr").read_bytes())
    assert request.is_signature_valid
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert end.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == names
    revoked = x509.load_pem_x509_crl((folder / "ca.crl").read_bytes())
    assert revoked.is_signature_valid(ca.public_key())
    assert revoked.get_revoked_certificate_by_serial_number(end.serial_number) is not None


def certificate(subject, key, by, authority):
    builder = x509.CertificateBuilder(issuer_name=name("Root"), subject_name=name(subject), public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), False)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
    uses = ("key_cert_sign", "crl_sign") if authority else ("digital_signature",)
    return builder.add_extension(usage(*uses), True).sign(by, None).public_bytes(PEM)


def make(algorithm, folder):
    ca, end = KEYS[algorithm].generate(), KEYS[algorithm].generate()
    (folder / "ca.pem").write_bytes(certificate("Root", ca, ca, True))
    (folder / "end.pem").write_bytes(certificate("end", end, ca, False))
    request = x509.CertificateSigningRequestBuilder().subject_name(name("end"))
    request = request.add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example.org")]), False)
    (folder / "end.csr").write_bytes(request.sign(end, None).public_bytes(PEM))
    entry = x509.RevokedCertificateBuilder().serial_number(x509.random_serial_number()).revocation_date(NOW)
    revoked = x509.CertificateRevocationListBuilder().issuer_name(name("Root")).last_update(NOW - DAY)
    revoked = revoked.next_update(NOW + DAY).add_extension(x509.CRLNumber(1), False)
    revoked = revoked.add_revoked_certificate(entry.add_extension(x509.CRLReason(x509.ReasonFlags.superseded), False).build())
    (folder / "ca.crl").write_bytes(revoked.sign(ca, None).public_bytes(PEM))


if sys.argv[1] == "verify":
    verify(Path(sys.argv[2]))
else:
    make(sys.argv[2], Path(sys.argv[3]))
