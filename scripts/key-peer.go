// Go's standard library as a reader and writer of key files, for key-peers.sh.
//
//	keypeer read FILE       prints the SubjectPublicKeyInfo of a PKCS#8 or SPKI file in PEM, in hex; exit code 1 if it cannot
//	keypeer write NAME      prints a fresh private key in PKCS#8, PEM
package main

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/mldsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fail(errors.New("usage: keypeer read FILE | write NAME"))
	}
	if os.Args[1] == "write" {
		write(os.Args[2])
		return
	}
	text, err := os.ReadFile(os.Args[2])
	fail(err)
	block, _ := pem.Decode(text)
	if block == nil {
		fail(errors.New("no PEM"))
	}
	var public any
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
		fail(err)
	case "PRIVATE KEY":
		private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		fail(err)
		switch key := private.(type) {
		case interface{ Public() crypto.PublicKey }:
			public = key.Public()
		default:
			fail(fmt.Errorf("%T has no public half", private))
		}
	default:
		fail(errors.New("crypto/x509 has nothing that opens an " + block.Type))
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	fail(err)
	fmt.Println(hex.EncodeToString(der))
}

func write(name string) {
	var private any
	var err error
	switch name {
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "x25519":
		private, err = ecdh.X25519().GenerateKey(rand.Reader)
	case "ml-dsa-44":
		private, err = mldsa.GenerateKey(mldsa.MLDSA44())
	case "ml-dsa-65":
		private, err = mldsa.GenerateKey(mldsa.MLDSA65())
	case "ml-dsa-87":
		private, err = mldsa.GenerateKey(mldsa.MLDSA87())
	default:
		err = errors.New("no " + name)
	}
	fail(err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	fail(err)
	fail(pem.Encode(os.Stdout, &pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
