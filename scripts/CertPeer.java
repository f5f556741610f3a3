// Bouncy Castle's side of scripts/cert-peers.sh: `verify CA END`, and `make ALGORITHM FOLDER`, which writes ca.pem and
// end.pem.
import java.io.FileWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

public class CertPeer {
    static final Map<String, String> NAMES = Map.of(
        "ed25519", "Ed25519", "ml-dsa-44", "ML-DSA-44", "ml-dsa-65", "ML-DSA-65", "ml-dsa-87", "ML-DSA-87",
        "mldsa44-ed25519", "MLDSA44-Ed25519-SHA512", "mldsa65-ed25519", "MLDSA65-Ed25519-SHA512");

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        if (args[0].equals("verify")) {
            X509Certificate ca = read(args[1]), end = read(args[2]);
            ca.verify(ca.getPublicKey(), "BC");
            end.verify(ca.getPublicKey(), "BC");
        } else {
            make(NAMES.get(args[1]), Path.of(args[2]));
        }
    }

    static X509Certificate read(String file) throws Exception {
        try (var in = Files.newInputStream(Path.of(file))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(in);
        }
    }

    static void make(String algorithm, Path folder) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, "BC");
        KeyPair ca = generator.generateKeyPair(), end = generator.generateKeyPair();
        write(folder.resolve("ca.pem"), "CN=Root", ca, ca, algorithm);
        write(folder.resolve("end.pem"), "CN=end", end, ca, algorithm);
    }

    static void write(Path file, String subject, KeyPair of, KeyPair by, String algorithm) throws Exception {
        boolean authority = of == by;
        Instant now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(new X500Name("CN=Root"), BigInteger.valueOf(now.toEpochMilli()),
            Date.from(now.minusSeconds(60)), Date.from(now.plusSeconds(86400)), new X500Name(subject), of.getPublic());
        int usage = authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature;
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
        if (authority) {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        }
        var certificate = builder.build(new JcaContentSignerBuilder(algorithm).setProvider("BC").build(by.getPrivate()));
        try (var writer = new JcaPEMWriter(new FileWriter(file.toFile()))) {
            writer.writeObject(certificate);
        }
    }
}
