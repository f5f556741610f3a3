package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"
	"strings"
)

var hashes = map[string]func() hash.Hash{
	"SHA-224":     sha256.New224,
	"SHA-256":     sha256.New,
	"SHA-384":     sha512.New384,
	"SHA-512":     sha512.New,
	"SHA-512/224": sha512.New512_224,
	"SHA-512/256": sha512.New512_256,
	"SHA3-224":    func() hash.Hash { return sha3.New224() },
	"SHA3-256":    func() hash.Hash { return sha3.New256() },
	"SHA3-384":    func() hash.Hash { return sha3.New384() },
	"SHA3-512":    func() hash.Hash { return sha3.New512() },
}

func digest(new func() hash.Hash, parts ...[]byte) []byte {
	h := new()
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// monte is CAVP's Monte Carlo test: each of 1,000 digests is of the one before, or of the three before in SHA-2.
func monte(alg string, new func() hash.Hash, seed []byte) []byte {
	last := [3][]byte{seed, seed, seed}
	for range 1000 {
		next := digest(new, last[2])
		if !strings.HasPrefix(alg, "SHA3") {
			next = digest(new, last[0], last[1], last[2])
		}
		last = [3][]byte{last[1], last[2], next}
	}
	return last[2]
}

func gcm(key, nonce []byte, tagLen, keyLen int) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(key) != keyLen || len(nonce) == 0 {
		return nil, reject("length")
	}
	var aead cipher.AEAD
	if tagLen == 16 {
		aead, err = cipher.NewGCMWithNonceSize(block, len(nonce))
	} else if len(nonce) == 12 {
		aead, err = cipher.NewGCMWithTagSize(block, tagLen)
	} else {
		return nil, unsupported("param")
	}
	if err != nil {
		return nil, unsupported("param")
	}
	return aead, nil
}

func init() {
	for alg, new := range hashes {
		add(alg, "hash", []string{"msg"}, func(in ...[]byte) (output, error) { return output{"digest": digest(new, in[0])}, nil })
		add(alg, "monte", []string{"msg"}, func(in ...[]byte) (output, error) { return output{"digest": monte(alg, new, in[0])}, nil })
	}
	for alg, sum := range map[string]func([]byte, int) []byte{"SHAKE128": sha3.SumSHAKE128, "SHAKE256": sha3.SumSHAKE256} {
		register(alg, "hash", func(in input) (output, error) {
			msg, err := in.bytes("msg")
			if err != nil {
				return nil, err
			}
			length, err := in.number("len", 0)
			return output{"digest": sum(msg, length)}, err
		})
	}
	for alg, new := range map[string]func() hash.Hash{
		"HKDF-SHA-256": sha256.New, "HKDF-SHA-384": sha512.New384, "HKDF-SHA-512": sha512.New,
	} {
		register(alg, "derive", func(in input) (output, error) {
			ikm, err1 := in.bytes("ikm")
			salt, err2 := in.bytes("salt")
			info, err3 := in.bytes("info")
			length, err4 := in.number("len", 0)
			if err := first(err1, err2, err3, err4); err != nil {
				return nil, err
			}
			okm, err := hkdf.Key(new, ikm, salt, string(info), length)
			if err != nil {
				return nil, reject("length")
			}
			return output{"okm": okm}, nil
		})
	}
	for alg, keyLen := range map[string]int{"AES-128-GCM": 16, "AES-192-GCM": 24, "AES-256-GCM": 32} {
		register(alg, "seal", func(in input) (output, error) {
			key, err1 := in.bytes("key")
			nonce, err2 := in.bytes("nonce")
			aad, err3 := in.bytes("aad")
			msg, err4 := in.bytes("msg")
			tagLen, err5 := in.number("tag_len", 16)
			if err := first(err1, err2, err3, err4, err5); err != nil {
				return nil, err
			}
			aead, err := gcm(key, nonce, tagLen, keyLen)
			if err != nil {
				return nil, err
			}
			sealed := aead.Seal(nil, nonce, msg, aad)
			return output{"ct": sealed[:len(msg)], "tag": sealed[len(msg):]}, nil
		})
		add(alg, "open", []string{"key", "nonce", "aad", "ct", "tag"}, func(in ...[]byte) (output, error) {
			aead, err := gcm(in[0], in[1], len(in[4]), keyLen)
			if err != nil {
				return nil, err
			}
			msg, err := aead.Open(nil, in[1], append(append([]byte{}, in[3]...), in[4]...), in[2])
			if err != nil {
				return nil, reject("tag")
			}
			return output{"msg": msg}, nil
		})
	}
	register("HPKE", "keygen", func(in input) (output, error) {
		id, err1 := in.number("kem_id", 0)
		ikm, err2 := in.bytes("ikm")
		if err := first(err1, err2); err != nil {
			return nil, err
		}
		kem, err := hpke.NewKEM(uint16(id))
		if err != nil {
			return nil, unsupported("param")
		}
		key, err := kem.DeriveKeyPair(ikm)
		if err != nil {
			return nil, reject("other")
		}
		private, err := key.Bytes()
		return output{"skR": private, "pkR": key.PublicKey().Bytes()}, err
	})
	register("HPKE", "open", func(in input) (output, error) {
		recipient, err := receive(in)
		if err != nil {
			return nil, err
		}
		// The library counts for itself, and only messages that it has opened.
		if seq, err := in.number("seq", 0); err != nil || seq != 0 {
			return nil, unsupported("param")
		}
		aad, err1 := in.bytes("aad")
		ct, err2 := in.bytes("ct")
		if err := first(err1, err2); err != nil {
			return nil, err
		}
		msg, err := recipient.Open(aad, ct)
		if err != nil {
			return nil, reject("tag")
		}
		return output{"msg": msg}, nil
	})
	register("HPKE", "export", func(in input) (output, error) {
		recipient, err := receive(in)
		if err != nil {
			return nil, err
		}
		context, err1 := in.bytes("ctx")
		length, err2 := in.number("len", 0)
		if err := first(err1, err2); err != nil {
			return nil, err
		}
		secret, err := recipient.Export(string(context), length)
		if err != nil {
			return nil, reject("length")
		}
		return output{"secret": secret}, nil
	})
}

// receive makes HPKE's recipient, who knows base mode only.
func receive(in input) (*hpke.Recipient, error) {
	kemID, err1 := in.number("kem_id", 0)
	kdfID, err2 := in.number("kdf_id", 0)
	aeadID, err3 := in.number("aead_id", 0)
	mode, err4 := in.number("mode", 0)
	private, err5 := in.bytes("skR")
	enc, err6 := in.bytes("enc")
	info, err7 := in.bytes("info")
	if err := first(err1, err2, err3, err4, err5, err6, err7); err != nil {
		return nil, err
	}
	kem, err1 := hpke.NewKEM(uint16(kemID))
	kdf, err2 := hpke.NewKDF(uint16(kdfID))
	aead, err3 := hpke.NewAEAD(uint16(aeadID))
	if mode != 0 || first(err1, err2, err3) != nil {
		return nil, unsupported("param")
	}
	key, err := kem.NewPrivateKey(private)
	if err != nil {
		return nil, reject("length")
	}
	recipient, err := hpke.NewRecipient(enc, key, kdf, aead, info)
	if err != nil {
		return nil, reject("other")
	}
	return recipient, nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
