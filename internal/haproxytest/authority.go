package haproxytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority makes certificates for a test, in files. Not safe for concurrent use.
type Authority struct {
	File string // its own certificate, for "ca-file"

	t      testing.TB
	dir    string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

// NewAuthority makes an authority that nobody trusts yet. Its files go with the test.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	ca := &Authority{t: t, dir: t.TempDir()}
	ca.key = ca.newKey()
	template := ca.template("authority of a test")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &ca.key.PublicKey, ca.key)
	if err == nil {
		ca.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		t.Fatal(err)
	}
	ca.File = filepath.Join(ca.dir, "ca.pem")
	ca.put(ca.File, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return ca
}

func (ca *Authority) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		ca.t.Fatal(err)
	}
	return key
}

func (ca *Authority) template(name string) *x509.Certificate {
	ca.serial++
	return &x509.Certificate{
		SerialNumber: big.NewInt(ca.serial), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

// Issue makes a certificate for a name and writes it with its key to the file NAME.pem, in the place of an older one, in
// one step. It returns the file and the certificate's number.
func (ca *Authority) Issue(name string) (file string, serial int64) {
	ca.t.Helper()
	template := ca.template(name)
	template.DNSNames = []string{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	key := ca.newKey()
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, &key.PublicKey, ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		ca.t.Fatal(err)
	}
	file = filepath.Join(ca.dir, name+".pem")
	ca.put(file, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...))
	return file, ca.serial
}

func (ca *Authority) put(file string, text []byte) {
	ca.t.Helper()
	err := os.WriteFile(file+"~", text, 0o600)
	if err == nil {
		err = os.Rename(file+"~", file)
	}
	if err != nil {
		ca.t.Fatal(err)
	}
}

// Words are those of a line that wants TLS both ways: a new certificate of this name for its own side, and one of this
// authority from the other side.
func (ca *Authority) Words(name string) string {
	file, _ := ca.Issue(name)
	return fmt.Sprintf("ssl crt %s ca-file %s verify required", file, ca.File)
}

// Pool has the authority's certificate alone.
func (ca *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	return pool
}
