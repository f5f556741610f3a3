// Go's standard library as a peer of scripts/peers.sh: crypto/mlkem, mldsa, ed25519 and hpke. Questions and answers are
// those of examples/peer.rs, and four more:
//
//	keygen ALG                                 ok SEED PUBLIC
//	sign ALG SEED CONTEXT MESSAGE              ok SIGNATURE
//	verify ALG PUBLIC CONTEXT MESSAGE SIGNATURE   ok
//	derive - IKM                               ok SEED, by DeriveKeyPair of HPKE
//
// `lacks` answers what the library does not offer.
package main

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/mldsa"
	"crypto/mlkem"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

const exportLen = 32

var errLacks = errors.New("lacks")

var signatures = map[string]mldsa.Parameters{
	"ML-DSA-44": mldsa.MLDSA44(), "ML-DSA-65": mldsa.MLDSA65(), "ML-DSA-87": mldsa.MLDSA87(),
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		values, err := answer(strings.Fields(line))
		switch {
		case err == errLacks:
			fmt.Println("lacks")
		case err != nil:
			fmt.Println("no", err)
		default:
			fmt.Print("ok")
			for _, value := range values {
				if len(value) == 0 {
					fmt.Print(" -")
				} else {
					fmt.Print(" ", hex.EncodeToString(value))
				}
			}
			fmt.Println()
		}
	}
}

func answer(words []string) ([][]byte, error) {
	op, alg := words[0], words[1]
	var in [][]byte
	for _, word := range words[2:] {
		value, err := hex.DecodeString(strings.TrimPrefix(word, "-"))
		if err != nil {
			return nil, err
		}
		in = append(in, value)
	}
	switch op {
	case "keygen":
		return keygen(alg)
	case "encapsulate":
		return encapsulate(alg, in[0])
	case "decapsulate":
		return decapsulate(alg, in[0], in[1])
	case "sign":
		return sign(alg, in[0], string(in[1]), in[2])
	case "verify":
		return nil, verify(alg, in[0], string(in[1]), in[2], in[3])
	case "seal":
		return seal(alg, in[0], in[1], string(in[2]), in[3:])
	case "open":
		return open(alg, in[0], in[1], string(in[2]), in[3], in[4:])
	case "derive":
		key, err := hpke.MLKEM768X25519().DeriveKeyPair(in[0])
		if err != nil {
			return nil, err
		}
		return one(key.Bytes())
	}
	return nil, errLacks
}

func one(value []byte, err error) ([][]byte, error) {
	return [][]byte{value}, err
}

func keygen(alg string) ([][]byte, error) {
	switch alg {
	case "ML-KEM-768":
		key, err := mlkem.GenerateKey768()
		if err != nil {
			return nil, err
		}
		return [][]byte{key.Bytes(), key.EncapsulationKey().Bytes()}, nil
	case "ML-KEM-1024":
		key, err := mlkem.GenerateKey1024()
		if err != nil {
			return nil, err
		}
		return [][]byte{key.Bytes(), key.EncapsulationKey().Bytes()}, nil
	case "HPKE":
		key, err := hpke.MLKEM768X25519().GenerateKey()
		if err != nil {
			return nil, err
		}
		seed, err := key.Bytes()
		return [][]byte{seed, key.PublicKey().Bytes()}, err
	case "Ed25519":
		public, private, err := ed25519.GenerateKey(nil)
		return [][]byte{private.Seed(), public}, err
	}
	params, ok := signatures[alg]
	if !ok {
		return nil, errLacks
	}
	key, err := mldsa.GenerateKey(params)
	if err != nil {
		return nil, err
	}
	return [][]byte{key.Bytes(), key.PublicKey().Bytes()}, nil
}

func encapsulate(alg string, public []byte) ([][]byte, error) {
	switch alg {
	case "ML-KEM-768":
		key, err := mlkem.NewEncapsulationKey768(public)
		if err != nil {
			return nil, err
		}
		secret, ciphertext := key.Encapsulate()
		return [][]byte{ciphertext, secret}, nil
	case "ML-KEM-1024":
		key, err := mlkem.NewEncapsulationKey1024(public)
		if err != nil {
			return nil, err
		}
		secret, ciphertext := key.Encapsulate()
		return [][]byte{ciphertext, secret}, nil
	}
	return nil, errLacks
}

func decapsulate(alg string, seed, ciphertext []byte) ([][]byte, error) {
	var key crypto.Decapsulator
	var err error
	switch alg {
	case "ML-KEM-768":
		key, err = mlkem.NewDecapsulationKey768(seed)
	case "ML-KEM-1024":
		key, err = mlkem.NewDecapsulationKey1024(seed)
	default:
		return nil, errLacks
	}
	if err != nil {
		return nil, err
	}
	return one(key.Decapsulate(ciphertext))
}

func sign(alg string, seed []byte, context string, message []byte) ([][]byte, error) {
	if alg == "Ed25519" && context == "" {
		return [][]byte{ed25519.Sign(ed25519.NewKeyFromSeed(seed), message)}, nil
	}
	params, ok := signatures[alg]
	if !ok {
		return nil, errLacks
	}
	key, err := mldsa.NewPrivateKey(params, seed)
	if err != nil {
		return nil, err
	}
	return one(key.Sign(nil, message, &mldsa.Options{Context: context}))
}

func verify(alg string, public []byte, context string, message, signature []byte) error {
	if alg == "Ed25519" && context == "" {
		if !ed25519.Verify(public, message, signature) {
			return errors.New("bad signature")
		}
		return nil
	}
	params, ok := signatures[alg]
	if !ok {
		return errLacks
	}
	key, err := mldsa.NewPublicKey(params, public)
	if err != nil {
		return err
	}
	return mldsa.Verify(key, message, signature, &mldsa.Options{Context: context})
}

func suite(numbers string) (hpke.KDF, hpke.AEAD, error) {
	first, second, _ := strings.Cut(numbers, ":")
	kdfID, err1 := strconv.ParseUint(first, 10, 16)
	aeadID, err2 := strconv.ParseUint(second, 10, 16)
	kdf, err3 := hpke.NewKDF(uint16(kdfID))
	aead, err4 := hpke.NewAEAD(uint16(aeadID))
	return kdf, aead, errors.Join(err1, err2, err3, err4)
}

func seal(numbers string, public, info []byte, context string, messages [][]byte) ([][]byte, error) {
	kdf, aead, err := suite(numbers)
	if err != nil {
		return nil, err
	}
	key, err := hpke.MLKEM768X25519().NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	encapsulation, sender, err := hpke.NewSender(key, kdf, aead, info)
	if err != nil {
		return nil, err
	}
	exported, err := sender.Export(context, exportLen)
	values := [][]byte{encapsulation, exported}
	for ; err == nil && len(messages) >= 2; messages = messages[2:] {
		var sealed []byte
		sealed, err = sender.Seal(messages[0], messages[1])
		values = append(values, sealed)
	}
	return values, err
}

func open(numbers string, seed, info []byte, context string, encapsulation []byte, messages [][]byte) ([][]byte, error) {
	kdf, aead, err := suite(numbers)
	if err != nil {
		return nil, err
	}
	key, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
	if err != nil {
		return nil, err
	}
	recipient, err := hpke.NewRecipient(encapsulation, key, kdf, aead, info)
	if err != nil {
		return nil, err
	}
	exported, err := recipient.Export(context, exportLen)
	values := [][]byte{exported}
	for ; err == nil && len(messages) >= 2; messages = messages[2:] {
		var message []byte
		message, err = recipient.Open(messages[0], messages[1])
		values = append(values, bytes.Clone(message))
	}
	return values, err
}
