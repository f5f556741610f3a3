package main

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/mldsa"
	"crypto/x509"
)

// deterministic says whether the randomness of signing is zeros, which is all that the library can be given.
func deterministic(rnd []byte) error {
	if len(rnd) != 32 {
		return reject("length")
	}
	if !bytes.Equal(rnd, make([]byte, 32)) {
		return unsupported("derand")
	}
	return nil
}

func sign(params mldsa.Parameters, seed, msg, rnd []byte, opts crypto.SignerOpts) (output, error) {
	key, err := seeded(mldsa.NewPrivateKey(params, seed))
	if err == nil {
		err = deterministic(rnd)
	}
	if err != nil {
		return nil, err
	}
	sig, err := key.SignDeterministic(msg, opts)
	if err != nil {
		return nil, reject("ctx")
	}
	return output{"sig": sig}, nil
}

func init() {
	for alg, params := range map[string]mldsa.Parameters{
		"ML-DSA-44": mldsa.MLDSA44(), "ML-DSA-65": mldsa.MLDSA65(), "ML-DSA-87": mldsa.MLDSA87(),
	} {
		add(alg, "keygen", []string{"seed"}, func(in ...[]byte) (output, error) {
			key, err := seeded(mldsa.NewPrivateKey(params, in[0]))
			if err != nil {
				return nil, err
			}
			return output{"pk": key.PublicKey().Bytes()}, nil
		})
		add(alg, "sign", []string{"seed", "msg", "ctx", "rnd"}, func(in ...[]byte) (output, error) {
			return sign(params, in[0], in[1], in[3], &mldsa.Options{Context: string(in[2])})
		})
		add(alg, "sign-mu", []string{"seed", "mu", "rnd"}, func(in ...[]byte) (output, error) {
			return sign(params, in[0], in[1], in[2], crypto.MLDSAMu)
		})
		add(alg, "verify", []string{"pk", "msg", "ctx", "sig"}, func(in ...[]byte) (output, error) {
			pk, err := seeded(mldsa.NewPublicKey(params, in[0]))
			if err != nil {
				return nil, err
			}
			if mldsa.Verify(pk, in[1], in[3], &mldsa.Options{Context: string(in[2])}) != nil {
				return nil, reject("tag")
			}
			return output{}, nil
		})
		ofPublic := func(key any) []byte {
			if pk, ok := key.(*mldsa.PublicKey); ok && pk.Parameters() == params {
				return pk.Bytes()
			}
			return nil
		}
		formats(alg, "pk", ofPublic, func(key any) []byte {
			if sk, ok := key.(*mldsa.PrivateKey); ok {
				return ofPublic(sk.PublicKey())
			}
			return nil
		})
	}

	add("Ed25519", "keygen", []string{"seed"}, func(in ...[]byte) (output, error) {
		if len(in[0]) != ed25519.SeedSize {
			return nil, reject("length")
		}
		return output{"pk": ed25519.NewKeyFromSeed(in[0]).Public().(ed25519.PublicKey)}, nil
	})
	add("Ed25519", "sign", []string{"seed", "msg"}, func(in ...[]byte) (output, error) {
		if len(in[0]) != ed25519.SeedSize {
			return nil, reject("length")
		}
		return output{"sig": ed25519.Sign(ed25519.NewKeyFromSeed(in[0]), in[1])}, nil
	})
	add("Ed25519", "verify", []string{"pk", "msg", "sig"}, func(in ...[]byte) (output, error) {
		if len(in[0]) != ed25519.PublicKeySize {
			return nil, reject("length")
		}
		if !ed25519.Verify(in[0], in[1], in[2]) {
			return nil, reject("tag")
		}
		return output{}, nil
	})
	ofPublic := func(key any) []byte {
		pk, _ := key.(ed25519.PublicKey)
		return pk
	}
	formats("Ed25519", "pk", ofPublic, func(key any) []byte {
		if sk, ok := key.(ed25519.PrivateKey); ok {
			return ofPublic(sk.Public())
		}
		return nil
	})
	ofShare := func(key any) []byte {
		if pk, ok := key.(*ecdh.PublicKey); ok && pk.Curve() == ecdh.X25519() {
			return pk.Bytes()
		}
		return nil
	}
	formats("X25519", "public", ofShare, func(key any) []byte {
		if sk, ok := key.(*ecdh.PrivateKey); ok {
			return ofShare(sk.PublicKey())
		}
		return nil
	})
}

// formats adds the operations on encodings. What gives no public key here is of another algorithm.
func formats(alg, field string, public, private func(key any) []byte) {
	add(alg, "spki", []string{"der"}, func(in ...[]byte) (output, error) {
		key, err := x509.ParsePKIXPublicKey(in[0])
		if err != nil {
			return nil, reject("encoding")
		}
		if pk := public(key); pk != nil {
			return output{field: pk}, nil
		}
		return nil, reject("encoding")
	})
	add(alg, "pkcs8", []string{"der"}, func(in ...[]byte) (output, error) {
		key, err := x509.ParsePKCS8PrivateKey(in[0])
		if err != nil {
			return nil, reject("encoding")
		}
		if pk := private(key); pk != nil {
			return output{field: pk}, nil
		}
		return nil, reject("encoding")
	})
}
