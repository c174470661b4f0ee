// Package securetest makes certificates for tests: an authority, what it signs, and the
// PEM files that a line of the configuration names.
//
// It is for tests alone, and must never know the room that reads such files: what it
// writes is what anybody's tools would.
package securetest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// CA is an authority. Its methods end the test if they cannot do what they are for, so they
// belong to the goroutine of the test. Times are those of time.Now, a synctest bubble's too.
type CA struct {
	t       testing.TB
	dir     string        // of all files of this authority and those under it
	numbers *atomic.Int64 // of certificates and files, shared with those under it
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
	above   []byte // what a bundle has behind the leaf: the chain without the root
	root    []byte // PEM
}

// Leaf is what a certificate shall say. The zero value is one without names, good for
// both directions, from an hour ago for a year.
type Leaf struct {
	Names               []string // DNS names and IP addresses
	Common              string   // common name
	Client, Server      bool     // good for this direction only; neither or both: for both
	NotBefore, NotAfter time.Time
	Key                 crypto.Signer // its private key; nil for a new one
}

// New returns a new authority that nobody else knows.
func New(t testing.TB) *CA {
	t.Helper()
	ca := &CA{t: t, dir: t.TempDir(), numbers: new(atomic.Int64), key: newKey(t)}
	der := ca.sign(authority("root", ca.numbers.Add(1)), nil, ca.key.Public(), ca.key)
	ca.root = Encode("CERTIFICATE", der)
	return ca
}

// Under returns an authority that this one vouches for. Bundles of it have its certificate
// behind the leaf; File is the root's.
func (ca *CA) Under() *CA {
	ca.t.Helper()
	below := &CA{t: ca.t, dir: ca.dir, numbers: ca.numbers, key: newKey(ca.t), root: ca.root}
	der := below.sign(authority("intermediate", ca.numbers.Add(1)), ca.cert, below.key.Public(), ca.key)
	below.above = append(Encode("CERTIFICATE", der), ca.above...)
	return below
}

func authority(name string, number int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: name + " of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
}

// sign makes ca's own certificate; parent is nil for a root.
func (ca *CA) sign(c, parent *x509.Certificate, public crypto.PublicKey, by crypto.Signer) []byte {
	ca.t.Helper()
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, public, by)
	if err == nil {
		ca.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		ca.t.Fatal(err)
	}
	return der
}

// Root is the PEM block of the root's certificate.
func (ca *CA) Root() []byte { return bytes.Clone(ca.root) }

// File returns the path of a new file with the root's certificate, for ca-file.
func (ca *CA) File() string {
	ca.t.Helper()
	return ca.file("ca", ca.root)
}

// Issue returns a new certificate, the chain behind it (empty for a root's) and its key,
// all in PEM.
func (ca *CA) Issue(l Leaf) (cert, chain, key []byte) {
	ca.t.Helper()
	if l.Key == nil {
		l.Key = newKey(ca.t)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(ca.numbers.Add(1)), Subject: pkix.Name{CommonName: l.Common},
		NotBefore: l.NotBefore, NotAfter: l.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if c.NotBefore.IsZero() {
		c.NotBefore = time.Now().Add(-time.Hour)
		if !c.NotAfter.IsZero() && c.NotAfter.Before(c.NotBefore) {
			c.NotBefore = c.NotAfter.Add(-time.Hour)
		}
	}
	if c.NotAfter.IsZero() {
		c.NotAfter = c.NotBefore.AddDate(1, 0, 0)
	}
	for _, n := range l.Names {
		if ip := net.ParseIP(n); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, n)
		}
	}
	if l.Client || !l.Server {
		c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
	}
	if l.Server || !l.Client {
		c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, ca.cert, l.Key.Public(), ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(l.Key)
	if err != nil {
		ca.t.Fatal(err)
	}
	return Encode("CERTIFICATE", der), bytes.Clone(ca.above), Encode("PRIVATE KEY", secret)
}

// Bundle returns a new certificate, its chain and its key as one text.
func (ca *CA) Bundle(l Leaf) []byte {
	ca.t.Helper()
	cert, chain, key := ca.Issue(l)
	return bytes.Join([][]byte{cert, chain, key}, nil)
}

// Leaf returns the path of a new file with a new bundle, for crt.
func (ca *CA) Leaf(l Leaf) string {
	ca.t.Helper()
	return ca.file("leaf", ca.Bundle(l))
}

func (ca *CA) file(kind string, text []byte) string {
	ca.t.Helper()
	path := filepath.Join(ca.dir, kind+strconv.FormatInt(ca.numbers.Add(1), 10)+".pem")
	Write(ca.t, path, text)
	return path
}

// Write makes parts the content of the file at path, readable by its owner alone, in one
// step: who reads sees the old or the new one.
func Write(t testing.TB, path string, parts ...[]byte) {
	t.Helper()
	err := os.WriteFile(path+"~", bytes.Join(parts, nil), 0o600)
	if err == nil {
		err = os.Rename(path+"~", path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Encode returns der as one PEM block.
func Encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
