package secure

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"
)

// bundle is what we look for in a PEM file. The order of its blocks means nothing.
type bundle struct {
	file  string
	certs []*x509.Certificate
	keys  []key
}

// key is a private key and the block that it came in.
type key struct {
	block
	crypto.Signer
}

// parseBundle reads certificates and, if asked to, private keys; all other blocks are
// skipped, as HAProxy does: DH PARAMETERS, EC PARAMETERS, requests, lists of revoked
// certificates. keys is false for a ca-file, in which a key has no meaning.
func parseBundle(file string, text []byte, keys bool) (bundle, error) {
	b := bundle{file: file}
	all, err := blocks(file, text)
	if err != nil {
		return b, err
	}
	for _, block := range all {
		switch {
		case block.Type == "CERTIFICATE" || block.Type == "X509 CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return b, block.errorf("this certificate cannot be read, take it out or make it anew: %v", err)
			}
			b.certs = append(b.certs, c)
		case block.Type == "TRUSTED CERTIFICATE": // what openssl alone writes and reads
			return b, block.errorf("a certificate of openssl's own kind: rewrite it with 'openssl x509 -in OLD -out NEW'")
		case keys && strings.HasSuffix(block.Type, "PRIVATE KEY"):
			k, err := parseKey(block)
			if err != nil {
				return b, err
			}
			b.keys = append(b.keys, key{block, k})
		}
	}
	return b, nil
}

// parseKey reads a private key. What the parsers say of it is left out: an error goes to
// the log, and must have nothing in it that was made of a key.
func parseKey(b block) (crypto.Signer, error) {
	// The two ways to encrypt: as its own kind of block, and with a header of OpenSSL.
	if b.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, b.errorf("the key is encrypted, and nobody is here to type its passphrase: take it off with 'openssl pkey -in OLD -out NEW', and let only our user read NEW")
	}
	// The name of a block is not always that of its content: openssl takes what is there.
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
		func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
	} {
		if k, err := parse(b.Bytes); err == nil {
			if signer, ok := k.(crypto.Signer); ok {
				return signer, nil
			}
		}
	}
	return nil, b.errorf("this key cannot be used: it must be RSA of 1024 bits or more, ECDSA or Ed25519, and whole ('openssl pkey -noout -check -in FILE')")
}

// pair finds the certificate that one of keys belongs to, and puts its chain behind it.
func (b bundle) pair(keys []key) (*tls.Certificate, []*x509.Certificate, error) {
	for _, leaf := range b.certs { // the first certificate that has a key, as in HAProxy
		for _, k := range keys {
			public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
			if !ok || !public.Equal(k.Public()) {
				continue
			}
			chain := order(leaf, b.certs)
			pair := &tls.Certificate{PrivateKey: k.Signer, Leaf: leaf}
			for _, c := range chain {
				pair.Certificate = append(pair.Certificate, c.Raw)
			}
			return pair, chain, nil
		}
	}
	return nil, nil, keys[0].errorf("this key does not belong to %s: put certificate and key of one request together", among(b.file, b.certs))
}

// among says which certificate a key was held against.
func among(file string, certs []*x509.Certificate) string {
	if len(certs) == 1 {
		return "the certificate of " + file + " (" + describe(certs[0]) + ")"
	}
	return "any certificate of " + file
}

// order returns leaf, its issuer, the issuer's issuer and so on, as TLS 1.2 wants them to
// be sent. What is left follows as it stood: HAProxy sends it, too.
func order(leaf *x509.Certificate, all []*x509.Certificate) []*x509.Certificate {
	left := slices.DeleteFunc(slices.Clone(all), leaf.Equal)
	chain := []*x509.Certificate{leaf}
	for c := leaf; ; {
		i := slices.IndexFunc(left, func(issuer *x509.Certificate) bool { return issued(issuer, c) })
		if i < 0 {
			return append(chain, left...)
		}
		c = left[i]
		chain, left = append(chain, c), slices.Delete(left, i, i+1)
	}
}

// issued reports whether issuer is the one that c names as its own. Signatures are the
// business of whoever verifies.
func issued(issuer, c *x509.Certificate) bool {
	sameKey := len(c.AuthorityKeyId) == 0 || len(issuer.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, issuer.SubjectKeyId)
	return sameKey && bytes.Equal(c.RawIssuer, issuer.RawSubject)
}
