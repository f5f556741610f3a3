package main

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha256"
	"crypto/sha3"
)

// A kem is ML-KEM of one size, as the hybrids and the table use it.
type kem struct {
	ek, c  int
	keygen func(seed []byte) ([]byte, error)
	check  func(ek []byte) error
	encaps func(ek, m []byte) (c, secret []byte, err error)
	decaps func(seed, c []byte) ([]byte, error)
}

// seeded and parsed turn the library's errors into judgements.
func seeded[T any](key T, err error) (T, error) {
	if err != nil {
		err = reject("length")
	}
	return key, err
}

func parsed[T any](key T, err error, ek []byte, size int) (T, error) {
	switch {
	case err == nil:
		return key, nil
	case len(ek) != size:
		return key, reject("length")
	default:
		return key, reject("modulus")
	}
}

var kem768 = kem{
	ek: mlkem.EncapsulationKeySize768,
	c:  mlkem.CiphertextSize768,
	keygen: func(seed []byte) ([]byte, error) {
		dk, err := seeded(mlkem.NewDecapsulationKey768(seed))
		if err != nil {
			return nil, err
		}
		return dk.EncapsulationKey().Bytes(), nil
	},
	check: func(ek []byte) error {
		key, err := mlkem.NewEncapsulationKey768(ek)
		_, err = parsed(key, err, ek, mlkem.EncapsulationKeySize768)
		return err
	},
	encaps: func(ek, m []byte) (c, secret []byte, err error) {
		key, err := mlkem.NewEncapsulationKey768(ek)
		key, err = parsed(key, err, ek, mlkem.EncapsulationKeySize768)
		if err != nil {
			return nil, nil, err
		}
		secret, c, err = mlkemtest.Encapsulate768(key, m)
		_, err = seeded(c, err)
		return c, secret, err
	},
	decaps: func(seed, c []byte) ([]byte, error) {
		dk, err := seeded(mlkem.NewDecapsulationKey768(seed))
		if err != nil {
			return nil, err
		}
		return seeded(dk.Decapsulate(c))
	},
}

var kem1024 = kem{
	ek: mlkem.EncapsulationKeySize1024,
	c:  mlkem.CiphertextSize1024,
	keygen: func(seed []byte) ([]byte, error) {
		dk, err := seeded(mlkem.NewDecapsulationKey1024(seed))
		if err != nil {
			return nil, err
		}
		return dk.EncapsulationKey().Bytes(), nil
	},
	check: func(ek []byte) error {
		key, err := mlkem.NewEncapsulationKey1024(ek)
		_, err = parsed(key, err, ek, mlkem.EncapsulationKeySize1024)
		return err
	},
	encaps: func(ek, m []byte) (c, secret []byte, err error) {
		key, err := mlkem.NewEncapsulationKey1024(ek)
		key, err = parsed(key, err, ek, mlkem.EncapsulationKeySize1024)
		if err != nil {
			return nil, nil, err
		}
		secret, c, err = mlkemtest.Encapsulate1024(key, m)
		_, err = seeded(c, err)
		return c, secret, err
	},
	decaps: func(seed, c []byte) ([]byte, error) {
		dk, err := seeded(mlkem.NewDecapsulationKey1024(seed))
		if err != nil {
			return nil, err
		}
		return seeded(dk.Decapsulate(c))
	},
}

// A curve is one of crypto/ecdh with the sizes of its encodings.
type curve struct {
	ecdh.Curve
	private, public int
}

var (
	x25519 = curve{ecdh.X25519(), 32, 32}
	p256   = curve{ecdh.P256(), 32, 65}
	p384   = curve{ecdh.P384(), 48, 97}
)

func (c curve) publicKey(private []byte) ([]byte, error) {
	if len(private) != c.private {
		return nil, reject("length")
	}
	key, err := c.NewPrivateKey(private)
	if err != nil {
		return nil, reject("other")
	}
	return key.PublicKey().Bytes(), nil
}

func (c curve) agree(private, public []byte) ([]byte, error) {
	if len(private) != c.private {
		return nil, reject("length")
	}
	key, err := c.NewPrivateKey(private)
	if err != nil {
		return nil, reject("other")
	}
	peer, err := c.NewPublicKey(public)
	if err != nil {
		if len(public) != c.public {
			return nil, reject("length")
		}
		return nil, reject("point")
	}
	shared, err := key.ECDH(peer)
	if err != nil {
		return nil, reject("zero")
	}
	return shared, nil
}

// A hybrid is two schemes with their keys, shares and secrets put together. It has three operations.
type hybrid struct {
	kem
	curve curve
	// Where the two halves stand in shares and secrets.
	kemFirst bool
	// The seed's two private keys.
	expand func(h hybrid, seed []byte) (pq, private []byte, err error)
	// The ephemeral private key in the randomness after ML-KEM's.
	ephemeral func(h hybrid, rest []byte) ([]byte, error)
	// Key agreement; it decides on an all-zero result.
	agree func(h hybrid, private, public []byte) ([]byte, error)
	// The secret, from both secrets, the classical share and the classical public key.
	combine func(h hybrid, pq, classical, ct, ek []byte) []byte
}

func (h hybrid) join(pq, classical []byte) []byte {
	if h.kemFirst {
		return append(append([]byte{}, pq...), classical...)
	}
	return append(append([]byte{}, classical...), pq...)
}

func (h hybrid) split(share []byte, pqLen int) (pq, classical []byte, err error) {
	if len(share) != pqLen+h.curve.public {
		return nil, nil, reject("length")
	}
	if h.kemFirst {
		return share[:pqLen], share[pqLen:], nil
	}
	return share[h.curve.public:], share[:h.curve.public], nil
}

func (h hybrid) generate(seed []byte) (output, error) {
	seedPQ, private, err := h.expand(h, seed)
	if err != nil {
		return nil, err
	}
	pq, err := h.keygen(seedPQ)
	if err != nil {
		return nil, err
	}
	public, err := h.curve.publicKey(private)
	return output{"ek": h.join(pq, public)}, err
}

func (h hybrid) encapsulate(ek, m []byte) (output, error) {
	pq, public, err := h.split(ek, h.ek)
	if err != nil {
		return nil, err
	}
	if len(m) < 32 {
		return nil, reject("length")
	}
	private, err := h.ephemeral(h, m[32:])
	if err != nil {
		return nil, err
	}
	ct, err := h.curve.publicKey(private)
	if err != nil {
		return nil, err
	}
	classical, err := h.agree(h, private, public)
	if err != nil {
		return nil, err
	}
	c, secret, err := h.encaps(pq, m[:32])
	return output{"c": h.join(c, ct), "K": h.combine(h, secret, classical, ct, public)}, err
}

func (h hybrid) decapsulate(seed, c []byte) (output, error) {
	seedPQ, private, err := h.expand(h, seed)
	if err != nil {
		return nil, err
	}
	pq, ct, err := h.split(c, h.c)
	if err != nil {
		return nil, err
	}
	public, err := h.curve.publicKey(private)
	if err != nil {
		return nil, err
	}
	classical, err := h.agree(h, private, ct)
	if err != nil {
		return nil, err
	}
	secret, err := h.decaps(seedPQ, pq)
	return output{"K": h.combine(h, secret, classical, ct, public)}, err
}

// concatenated is a hybrid of RFC 10024: both private keys are the seed, both secrets the secret.
func concatenated(k kem, c curve, kemFirst bool) hybrid {
	return hybrid{
		kem: k, curve: c, kemFirst: kemFirst,
		expand: func(h hybrid, seed []byte) (pq, private []byte, err error) {
			if len(seed) != mlkem.SeedSize+h.curve.private {
				return nil, nil, reject("length")
			}
			return seed[:mlkem.SeedSize], seed[mlkem.SeedSize:], nil
		},
		ephemeral: func(_ hybrid, rest []byte) ([]byte, error) { return rest, nil },
		agree:     func(h hybrid, private, public []byte) ([]byte, error) { return h.curve.agree(private, public) },
		combine:   func(h hybrid, pq, classical, _, _ []byte) []byte { return h.join(pq, classical) },
	}
}

// expanded is a hybrid of the CFRG: one seed of 32 bytes, and a hash over secrets, share, key and label.
func expanded(k kem, c curve, label string) hybrid {
	return hybrid{
		kem: k, curve: c, kemFirst: true,
		expand: func(h hybrid, seed []byte) (pq, private []byte, err error) {
			if len(seed) != 32 {
				return nil, nil, reject("length")
			}
			stream := sha3.SumSHAKE256(seed, mlkem.SeedSize+4*h.curve.private)
			private, err = scalar(h, stream[mlkem.SeedSize:])
			return stream[:mlkem.SeedSize], private, err
		},
		ephemeral: scalar,
		agree: func(h hybrid, private, public []byte) ([]byte, error) {
			shared, err := h.curve.agree(private, public)
			if err == reject("zero") { // X-Wing hashes whatever comes
				return make([]byte, 32), nil
			}
			return shared, err
		},
		combine: func(_ hybrid, pq, classical, ct, ek []byte) []byte {
			hash := sha3.New256()
			for _, part := range [][]byte{pq, classical, ct, ek, []byte(label)} {
				hash.Write(part)
			}
			return hash.Sum(nil)
		},
	}
}

// scalar is the first candidate that is a private key of the curve.
func scalar(h hybrid, candidates []byte) ([]byte, error) {
	size := h.curve.private
	if len(candidates) < size {
		return nil, reject("length")
	}
	for ; len(candidates) >= size; candidates = candidates[size:] {
		if _, err := h.curve.NewPrivateKey(candidates[:size]); err == nil {
			return candidates[:size], nil
		}
	}
	return nil, reject("other")
}

func init() {
	for alg, k := range map[string]kem{"ML-KEM-768": kem768, "ML-KEM-1024": kem1024} {
		add(alg, "keygen", []string{"seed"}, func(in ...[]byte) (output, error) {
			ek, err := k.keygen(in[0])
			return output{"ek": ek}, err
		})
		add(alg, "encaps", []string{"ek", "m"}, func(in ...[]byte) (output, error) {
			c, secret, err := k.encaps(in[0], in[1])
			return output{"c": c, "K": secret}, err
		})
		add(alg, "decaps", []string{"seed", "c"}, func(in ...[]byte) (output, error) {
			secret, err := k.decaps(in[0], in[1])
			return output{"K": secret}, err
		})
		add(alg, "check-ek", []string{"ek"}, func(in ...[]byte) (output, error) { return output{}, k.check(in[0]) })
	}
	for alg, c := range map[string]curve{"X25519": x25519, "P-256": p256, "P-384": p384} {
		add(alg, "keygen", []string{"private"}, func(in ...[]byte) (output, error) {
			public, err := c.publicKey(in[0])
			return output{"public": public}, err
		})
		add(alg, "agree", []string{"private", "public"}, func(in ...[]byte) (output, error) {
			shared, err := c.agree(in[0], in[1])
			return output{"shared": shared}, err
		})
	}
	ssh := concatenated(kem768, x25519, true)
	ssh.combine = func(h hybrid, pq, classical, _, _ []byte) []byte {
		sum := sha256.Sum256(h.join(pq, classical))
		return sum[:]
	}
	for alg, h := range map[string]hybrid{
		"X25519MLKEM768":        concatenated(kem768, x25519, true),
		"SecP256r1MLKEM768":     concatenated(kem768, p256, false),
		"SecP384r1MLKEM1024":    concatenated(kem1024, p384, false),
		"mlkem768x25519-sha256": ssh,
		"X-Wing":                expanded(kem768, x25519, `\.//^\`),
		"MLKEM768-P256":         expanded(kem768, p256, "MLKEM768-P256"),
		"MLKEM1024-P384":        expanded(kem1024, p384, "MLKEM1024-P384"),
	} {
		add(alg, "keygen", []string{"seed"}, func(in ...[]byte) (output, error) { return h.generate(in[0]) })
		add(alg, "encaps", []string{"ek", "m"}, func(in ...[]byte) (output, error) { return h.encapsulate(in[0], in[1]) })
		add(alg, "decaps", []string{"seed", "c"}, func(in ...[]byte) (output, error) { return h.decapsulate(in[0], in[1]) })
	}
}
