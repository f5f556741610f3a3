// Bouncy Castle as a peer of scripts/peers.sh. Questions and answers are those of examples/peer.rs and peer.go, but
// for keys of files, which are in PKCS#8 and SubjectPublicKeyInfo here; X-Wing's and HPKE's are raw.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;
import org.bouncycastle.crypto.util.PBKDF2Config;
import org.bouncycastle.crypto.util.PBKDFConfig;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.ScryptConfig;
import org.bouncycastle.jcajce.spec.ContextParameterSpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfoBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEInputDecryptorProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcePKCSPBEOutputEncryptorBuilder;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMExtractor;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMGenerator;
import org.bouncycastle.pqc.crypto.xwing.XWingPrivateKeyParameters;
import org.bouncycastle.pqc.crypto.xwing.XWingPublicKeyParameters;
import org.bouncycastle.util.encoders.Hex;

public class Peer {
    static final int EXPORT_LEN = 32;
    static final SecureRandom RANDOM = new SecureRandom();

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.trim().split(" ");
            List<byte[]> values = new ArrayList<>();
            for (int i = 2; i < words.length; i++) {
                values.add(words[i].equals("-") ? new byte[0] : Hex.decode(words[i]));
            }
            String answer;
            try {
                StringBuilder text = new StringBuilder("ok");
                for (byte[] value : answer(words[0], words[1], values)) {
                    text.append(' ').append(value.length == 0 ? "-" : Hex.toHexString(value));
                }
                answer = text.toString();
            } catch (UnsupportedOperationException error) {
                answer = "lacks";
            } catch (Exception error) {
                answer = ("no " + error.getMessage()).replace('\n', ' ');
            }
            System.out.println(answer);
        }
    }

    static List<byte[]> answer(String op, String alg, List<byte[]> in) throws Exception {
        switch (op) {
            case "keygen": {
                if (alg.equals("HPKE") || alg.equals("X-Wing")) {
                    HPKE hpke = hpke("2:2");
                    var pair = hpke.generatePrivateKey();
                    return List.of(hpke.serializePrivateKey(pair.getPrivate()), hpke.serializePublicKey(pair.getPublic()));
                }
                var pair = KeyPairGenerator.getInstance(alg, "BC").generateKeyPair();
                return List.of(pair.getPrivate().getEncoded(), pair.getPublic().getEncoded());
            }
            case "private": // the public key of a private key's file
                return List.of(privateKey(alg, in.get(0)).getEncoded());
            case "public":
                return List.of(publicKey(alg, in.get(0)).getEncoded());
            case "wrap": // a private key's file under a passphrase, by PBKDF2 or scrypt
                return List.of(wrap(in.get(0), text(in.get(1)), false), wrap(in.get(0), text(in.get(1)), true));
            case "unwrap": {
                var decryptor = new JcePKCSPBEInputDecryptorProviderBuilder().setProvider("BC").build(text(in.get(1)));
                return List.of(new PKCS8EncryptedPrivateKeyInfo(in.get(0)).decryptPrivateKeyInfo(decryptor).getEncoded());
            }
            case "encapsulate":
                return encapsulate(alg, in.get(0));
            case "decapsulate":
                return List.of(decapsulate(alg, in.get(0), in.get(1)));
            case "sign": {
                Signature signer = signature(alg);
                signer.initSign(privateKey(alg, in.get(0)));
                setContext(signer, in.get(1));
                signer.update(in.get(2));
                return List.of(signer.sign());
            }
            case "verify": {
                Signature verifier = signature(alg);
                verifier.initVerify(publicKey(alg, in.get(0)));
                setContext(verifier, in.get(1));
                verifier.update(in.get(2));
                if (!verifier.verify(in.get(3))) {
                    throw new Exception("bad signature");
                }
                return List.of();
            }
            case "seal": {
                HPKE hpke = hpke(alg);
                var sender = hpke.setupBaseS(hpke.deserializePublicKey(in.get(0)), in.get(1));
                List<byte[]> values = new ArrayList<>();
                values.add(sender.getEncapsulation());
                values.add(sender.export(in.get(2), EXPORT_LEN));
                for (int i = 3; i + 1 < in.size(); i += 2) {
                    values.add(sender.seal(in.get(i), in.get(i + 1)));
                }
                return values;
            }
            case "open": {
                HPKE hpke = hpke(alg);
                var recipient = hpke.setupBaseR(in.get(3), hpke.deserializePrivateKey(in.get(0), null), in.get(1));
                List<byte[]> values = new ArrayList<>();
                values.add(recipient.export(in.get(2), EXPORT_LEN));
                for (int i = 4; i + 1 < in.size(); i += 2) {
                    values.add(recipient.open(in.get(i), in.get(i + 1)));
                }
                return values;
            }
            case "derive": {
                HPKE hpke = hpke("2:2");
                return List.of(hpke.serializePrivateKey(hpke.deriveKeyPair(in.get(0)).getPrivate()));
            }
            default:
                throw new UnsupportedOperationException();
        }
    }

    static PrivateKey privateKey(String alg, byte[] pkcs8) throws Exception {
        return KeyFactory.getInstance(alg, "BC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    static PublicKey publicKey(String alg, byte[] spki) throws Exception {
        return KeyFactory.getInstance(alg, "BC").generatePublic(new X509EncodedKeySpec(spki));
    }

    static char[] text(byte[] passphrase) {
        return new String(passphrase, StandardCharsets.US_ASCII).toCharArray();
    }

    static byte[] wrap(byte[] pkcs8, char[] passphrase, boolean scrypt) throws Exception {
        PBKDFConfig kdf = scrypt ? new ScryptConfig.Builder(16384, 8, 1).withSaltLength(16).build()
            : new PBKDF2Config.Builder().withIterationCount(2048).withPRF(PBKDF2Config.PRF_SHA256).build();
        var encryptor = new JcePKCSPBEOutputEncryptorBuilder(kdf, NISTObjectIdentifiers.id_aes256_CBC).setProvider("BC");
        var builder = new PKCS8EncryptedPrivateKeyInfoBuilder(PrivateKeyInfo.getInstance(pkcs8));
        return builder.build(encryptor.build(passphrase)).getEncoded();
    }

    static Signature signature(String alg) throws Exception {
        return Signature.getInstance(alg, "BC");
    }

    static void setContext(Signature signature, byte[] context) throws Exception {
        if (context.length > 0) {
            signature.setParameter(new ContextParameterSpec(context));
        }
    }

    static List<byte[]> encapsulate(String alg, byte[] key) throws Exception {
        SecretWithEncapsulation made;
        if (alg.equals("X-Wing")) {
            made = new XWingKEMGenerator(RANDOM).generateEncapsulated(new XWingPublicKeyParameters(key));
        } else {
            made = new MLKEMGenerator(RANDOM).generateEncapsulated((MLKEMPublicKeyParameters) PublicKeyFactory.createKey(key));
        }
        return List.of(made.getEncapsulation(), made.getSecret());
    }

    static byte[] decapsulate(String alg, byte[] key, byte[] ciphertext) throws Exception {
        if (alg.equals("X-Wing")) {
            return new XWingKEMExtractor(new XWingPrivateKeyParameters(key)).extractSecret(ciphertext);
        }
        return new MLKEMExtractor((MLKEMPrivateKeyParameters) PrivateKeyFactory.createKey(key)).extractSecret(ciphertext);
    }

    static HPKE hpke(String numbers) {
        String[] suite = numbers.split(":");
        return new HPKE(HPKE.mode_base, (short) 0x647a, Short.parseShort(suite[0]), Short.parseShort(suite[1]));
    }
}
