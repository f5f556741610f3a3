// Bouncy Castle's side of scripts/cert-peers.sh: `verify FOLDER` takes ca.pem, end.pem, end.csr and ca.crl;
// `make ALGORITHM FOLDER` writes them.
import java.io.FileReader;
import java.io.FileWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

public class CertPeer {
    static final Map<String, String> NAMES = Map.of(
        "ed25519", "Ed25519", "ml-dsa-44", "ML-DSA-44", "ml-dsa-65", "ML-DSA-65", "ml-dsa-87", "ML-DSA-87",
        "mldsa44-ed25519", "MLDSA44-Ed25519-SHA512", "mldsa65-ed25519", "MLDSA65-Ed25519-SHA512");

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        if (args[0].equals("verify")) {
            verify(Path.of(args[1]));
        } else {
            make(NAMES.get(args[1]), Path.of(args[2]));
        }
    }

    static void verify(Path folder) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        var ca = (X509Certificate) factory.generateCertificate(Files.newInputStream(folder.resolve("ca.pem")));
        var end = (X509Certificate) factory.generateCertificate(Files.newInputStream(folder.resolve("end.pem")));
        ca.verify(ca.getPublicKey(), "BC");
        end.verify(ca.getPublicKey(), "BC");
        X509CRL list = (X509CRL) factory.generateCRL(Files.newInputStream(folder.resolve("ca.crl")));
        list.verify(ca.getPublicKey(), "BC");
        var parser = new PEMParser(new FileReader(folder.resolve("end.csr").toFile()));
        var request = (PKCS10CertificationRequest) parser.readObject();
        var verifier = new JcaContentVerifierProviderBuilder().setProvider("BC").build(request.getSubjectPublicKeyInfo());
        if (!request.isSignatureValid(verifier) || !list.isRevoked(end)) {
            throw new Exception("a bad request, or a certificate that is not revoked");
        }
    }

    static void make(String algorithm, Path folder) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, "BC");
        KeyPair ca = generator.generateKeyPair(), end = generator.generateKeyPair();
        ContentSigner byCa = signer(algorithm, ca), byEnd = signer(algorithm, end);
        write(folder.resolve("ca.pem"), certificate("CN=Root", ca, true).build(byCa));
        write(folder.resolve("end.pem"), certificate("CN=end", end, false).build(byCa));
        var request = new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=end"), end.getPublic());
        write(folder.resolve("end.csr"), request.build(byEnd));
        Date past = Date.from(Instant.now().minusSeconds(60)), future = Date.from(Instant.now().plusSeconds(86400));
        // It revokes another number than that of end.pem.
        var list = new X509v2CRLBuilder(new X500Name("CN=Root"), past).setNextUpdate(future);
        list.addCRLEntry(BigInteger.TEN, past, CRLReason.superseded);
        list.addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.ONE));
        write(folder.resolve("ca.crl"), list.build(byCa));
    }

    static ContentSigner signer(String algorithm, KeyPair pair) throws Exception {
        return new JcaContentSignerBuilder(algorithm).setProvider("BC").build(pair.getPrivate());
    }

    static JcaX509v3CertificateBuilder certificate(String subject, KeyPair of, boolean authority) throws Exception {
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(new X500Name("CN=Root"), BigInteger.valueOf(now.toEpochMilli()),
            Date.from(now.minusSeconds(60)), Date.from(now.plusSeconds(86400)), new X500Name(subject), of.getPublic());
        int usage = authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature;
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
        if (authority) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        }
        return builder;
    }

    static void write(Path file, Object content) throws Exception {
        try (var writer = new JcaPEMWriter(new FileWriter(file.toFile()))) {
            writer.writeObject(content);
        }
    }
}
