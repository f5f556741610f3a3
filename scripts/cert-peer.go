// Go's side of scripts/cert-peers.sh, by crypto/x509: `verify FOLDER` takes ca.pem, end.pem, end.csr and ca.crl;
// `make ALGORITHM FOLDER` writes them; the list revokes another number than that of end.pem.
package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/mldsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "verify":
		verify(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "make":
		write(os.Args[2], os.Args[3])
	default:
		check(errors.New("usage: cert-peer verify FOLDER | make ALGORITHM FOLDER"))
	}
}

func verify(folder string) {
	ca := read(folder, "ca.pem", x509.ParseCertificate)
	end := read(folder, "end.pem", x509.ParseCertificate)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	_, err := end.Verify(x509.VerifyOptions{Roots: roots, DNSName: "a.example.org", KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	check(err)
	request := read(folder, "end.csr", x509.ParseCertificateRequest)
	check(request.CheckSignature())
	if !slices.Equal(request.DNSNames, end.DNSNames) {
		check(errors.New("other names are requested"))
	}
	list := read(folder, "ca.crl", x509.ParseRevocationList)
	check(list.CheckSignatureFrom(ca))
	if !slices.ContainsFunc(list.RevokedCertificateEntries, func(entry x509.RevocationListEntry) bool {
		return entry.SerialNumber.Cmp(end.SerialNumber) == 0
	}) {
		check(errors.New("the certificate is not revoked"))
	}
}

func write(algorithm, folder string) {
	ca, end := key(algorithm), key(algorithm)
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, authority, authority, ca.Public(), ca)
	put(folder, "ca.pem", "CERTIFICATE", der, err)
	authority, err = x509.ParseCertificate(der)
	check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "end"}, DNSNames: []string{"a.example.org"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err = x509.CreateCertificate(rand.Reader, template, authority, end.Public(), ca)
	put(folder, "end.pem", "CERTIFICATE", der, err)
	request := &x509.CertificateRequest{Subject: template.Subject, DNSNames: template.DNSNames}
	der, err = x509.CreateCertificateRequest(rand.Reader, request, end)
	put(folder, "end.csr", "CERTIFICATE REQUEST", der, err)
	list := &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(3), RevocationTime: now}},
	}
	der, err = x509.CreateRevocationList(rand.Reader, list, authority, ca)
	put(folder, "ca.crl", "X509 CRL", der, err)
}

func key(algorithm string) crypto.Signer {
	if algorithm == "ed25519" {
		_, private, err := ed25519.GenerateKey(nil)
		check(err)
		return private
	}
	params, ok := map[string]mldsa.Parameters{
		"ml-dsa-44": mldsa.MLDSA44(), "ml-dsa-65": mldsa.MLDSA65(), "ml-dsa-87": mldsa.MLDSA87(),
	}[algorithm]
	if !ok {
		check(errors.New("no " + algorithm))
	}
	private, err := mldsa.GenerateKey(params)
	check(err)
	return private
}

func read[T any](folder, name string, parse func([]byte) (T, error)) T {
	text, err := os.ReadFile(filepath.Join(folder, name))
	check(err)
	block, _ := pem.Decode(text)
	if block == nil {
		check(errors.New(name + " is no PEM"))
	}
	found, err := parse(block.Bytes)
	check(err)
	return found
}

func put(folder, name, kind string, der []byte, err error) {
	check(err)
	check(os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
