package secure

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tallystick/internal/secure/securetest"
)

// what HAProxy's files have besides: a group for Diffie-Hellman, the name of a curve.
var (
	dh    = securetest.Encode("DH PARAMETERS", []byte{0x30, 3, 2, 1, 5})
	curve = securetest.Encode("EC PARAMETERS", []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7})
)

// must is for what cannot fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Each file is what an operator may have, with what is said of it; "" is a good one.
func TestCrtFiles(t *testing.T) {
	ca := securetest.New(t)
	ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	rsa2048 := must(rsa.GenerateKey(rand.Reader, 2048))
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	cert, _, key := ca.Issue(securetest.Leaf{Names: []string{"lb1"}, Key: ec})
	certRSA, _, keyRSA := ca.Issue(securetest.Leaf{Key: rsa2048})
	certEd, _, keyEd := ca.Issue(securetest.Leaf{Key: ed})
	_, _, another := ca.Issue(securetest.Leaf{})
	curved := securetest.Encode("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(must(ecdh.X25519().GenerateKey(rand.Reader)))))
	sec1 := must(x509.MarshalECPrivateKey(ec))
	headed := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1,
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}})
	half := key[:len(key)/2]

	type parts = [][]byte
	for _, c := range []struct {
		name string
		file parts
		key  parts // FILE.key; nil for none
		want string
	}{
		{"certificate, key", parts{cert, key}, nil, ""},
		{"key first", parts{key, cert}, nil, ""},
		{"foreign blocks between", parts{dh, cert, curve, key, dh}, nil, ""},
		{"lines of DOS", parts{bytes.ReplaceAll(append(cert, key...), []byte("\n"), []byte("\r\n"))}, nil, ""},
		{"a byte order mark", parts{[]byte("\xef\xbb\xbf"), cert, key}, nil, ""},
		{"text of openssl around", parts{[]byte("Bag Attributes\n    friendlyName: lb1\n"), cert, []byte("\nkey:\n\n"), key, []byte("bye")}, nil, ""},
		{"key of EC", parts{cert, securetest.Encode("EC PRIVATE KEY", sec1)}, nil, ""},
		{"key of RSA", parts{certRSA, securetest.Encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsa2048))}, nil, ""},
		{"key of RSA in PKCS#8", parts{certRSA, keyRSA}, nil, ""},
		{"Ed25519", parts{certEd, keyEd}, nil, ""},
		{"a key under another name", parts{certRSA, bytes.ReplaceAll(keyRSA, []byte("PRIVATE"), []byte("RSA PRIVATE"))}, nil, ""},
		{"the old name of a certificate", parts{bytes.ReplaceAll(cert, []byte("CERTIFICATE"), []byte("X509 CERTIFICATE")), key}, nil, ""},
		{"a key too many", parts{another, cert, key}, nil, ""},
		{"key apart", parts{cert}, parts{key}, ""},
		{"key apart, not looked at", parts{cert, key}, parts{half}, ""},

		{"nothing", parts{}, nil, "FILE: there is no certificate in it: add a block that begins with -----BEGIN CERTIFICATE-----"},
		{"a key only", parts{key}, nil, "FILE: there is no certificate in it"},
		{"no key", parts{cert}, nil, "FILE: there is no private key in it, and no file FILE.key: add the key to the file"},
		{"key apart, empty", parts{cert}, parts{dh}, "FILE.key: there is no private key in it"},
		{"key apart, of another", parts{cert}, parts{another}, "FILE.key, block 1: this key does not belong to the certificate of FILE (lb1): put"},
		{"key of another", parts{cert, another}, nil, "FILE, block 2: this key does not belong to the certificate of FILE (lb1)"},
		{"key of another, two certificates", parts{cert, another, certEd}, nil, "FILE, block 2: this key does not belong to any certificate of FILE"},
		{"key encrypted", parts{cert, securetest.Encode("ENCRYPTED PRIVATE KEY", sec1)}, nil, "FILE, block 2: the key is encrypted, and nobody is here to type its passphrase: take it off with 'openssl pkey"},
		{"key encrypted, old way", parts{headed, cert}, nil, "FILE, block 1: the key is encrypted"},
		{"key damaged", parts{cert, securetest.Encode("PRIVATE KEY", sec1[:50])}, nil, "FILE, block 2: this key cannot be used: it must be RSA"},
		{"key for no signatures", parts{cert, curved}, nil, "FILE, block 2: this key cannot be used"},
		{"key of ssh", parts{cert, securetest.Encode("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00none"))}, nil, "FILE, block 2: this key cannot be used"},
		{"cut off", parts{cert, half}, nil, "FILE, block 2: it is damaged or cut off: copy it anew"},
		{"cut off, the next one is not", parts{[]byte("# us\n"), half, []byte("\n"), cert, key}, nil, "FILE, block 1: it is damaged or cut off"},
		{"not base64", parts{cert, key, bytes.Replace(cert, []byte("\nMII"), []byte("\n*II"), 1)}, nil, "FILE, block 3: it is damaged"},
		{"certificate of openssl's kind", parts{bytes.ReplaceAll(cert, []byte("CERT"), []byte("TRUSTED CERT")), key}, nil, "FILE, block 1: a certificate of openssl's own kind: rewrite it with 'openssl x509"},
		{"a key that says it is a certificate", parts{key, securetest.Encode("CERTIFICATE", sec1)}, nil, "FILE, block 2: this certificate cannot be read, take it out or make it anew: x509:"},
		{"a foreign block that is damaged", parts{cert, key, dh[:40]}, nil, "FILE, block 3: it is damaged"},
		{"too large", parts{cert, key, make([]byte, maxFile)}, nil, "FILE: it is larger than 1024 KiB: name a file that has only what is needed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "us.pem")
			securetest.Write(t, file, c.file...)
			if c.key != nil {
				securetest.Write(t, file+".key", c.key...)
			}
			h, err := read(named{file: file})
			switch {
			case err == nil && c.want != "":
				t.Fatalf("is good, but should be %q", c.want)
			case err != nil:
				got := strings.ReplaceAll(pointless(t, err, append(c.file, c.key...)), file, "FILE")
				if c.want == "" || !strings.HasPrefix(got, "certificate file "+c.want) {
					t.Errorf("\n got %s\nwant certificate file %s", got, c.want)
				}
				holdsNoKey(t, got, append(c.file, c.key...))
			case !h.pair.Leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }).Equal(h.pair.PrivateKey.(crypto.Signer).Public()):
				t.Error("the key is not that of the certificate")
			}
		})
	}
}

// pointless is an error without the line that it points at, which must be the one on which
// the block begins. How many lines a certificate has is up to its random signature.
func pointless(t *testing.T, err error, parts [][]byte) string {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Block == 0 {
		return err.Error()
	}
	text := bytes.Join(parts, nil)
	if strings.HasSuffix(e.File, ".key") {
		text = parts[len(parts)-1]
	}
	lines := strings.SplitAfter(string(text), "\n")
	if !strings.HasPrefix(lines[e.Row-1], "-----BEGIN ") || strings.Count("\n"+strings.Join(lines[:e.Row], ""), "\n-----BEGIN ") != e.Block {
		t.Errorf("line %d is not that on which block %d begins: %q", e.Row, e.Block, lines[e.Row-1])
	}
	return strings.Replace(err.Error(), fmt.Sprintf(" at line %d", e.Row), "", 1)
}

// holdsNoKey is T-31: nothing of a private key, as it was written, is in text.
func holdsNoKey(t *testing.T, text string, files [][]byte) {
	t.Helper()
	for _, f := range files {
		if !bytes.Contains(f, []byte("PRIVATE")) {
			continue
		}
		for line := range strings.Lines(string(f)) {
			line = strings.TrimSpace(line)
			for i := 0; i+12 <= len(line) && !strings.Contains(line, "-----"); i++ {
				if strings.Contains(text, line[i:i+12]) {
					t.Fatalf("%q is of the key", line[i:i+12])
				}
			}
		}
	}
}

// What the system says of a file that is none.
func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		dir:         "it is a directory: name one PEM file of it",
		fifo:        "it is no file that could be read twice: name a PEM file",
		dir + "/no": "no such file or directory",
	} {
		for _, ca := range []bool{false, true} {
			_, err := read(named{file, ca})
			if got := err.Error(); got != "certificate file "+file+": "+want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
}

// A ca-file may have whatever else in it, keys too, but not nothing.
func TestCAFiles(t *testing.T) {
	ca, other := securetest.New(t), securetest.New(t)
	_, _, key := ca.Issue(securetest.Leaf{})
	file := filepath.Join(t.TempDir(), "ca.pem")
	for _, c := range []struct {
		name  string
		parts [][]byte
		want  string
	}{
		{"two", [][]byte{ca.Root(), other.Root()}, ""},
		{"with its key, cut off as a key but whole as a block", [][]byte{ca.Root(), securetest.Encode("PRIVATE KEY", []byte{1}), key}, ""},
		{"empty", nil, "FILE: there is no certificate of an authority in it, so nobody would be trusted: add one"},
		{"foreign", [][]byte{dh, key}, "FILE: there is no certificate of an authority in it"},
		{"cut off", [][]byte{ca.Root(), other.Root()[:100]}, "FILE, block 2: it is damaged"},
		{"no certificate", [][]byte{securetest.Encode("CERTIFICATE", []byte{0x30, 0})}, "FILE, block 1: this certificate cannot be read"},
	} {
		securetest.Write(t, file, c.parts...)
		h, err := read(named{file, true})
		switch {
		case err == nil && (c.want != "" || h.pool == nil || len(h.certs) != 2 && c.name == "two"):
			t.Errorf("%s: good: %+v", c.name, h)
		case err != nil && (c.want == "" || !strings.HasPrefix(pointless(t, err, c.parts), "certificate file "+strings.Replace(c.want, "FILE", file, 1))):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The chain is sent from the leaf upwards, whatever the order of the file, and what does
// not belong to it comes last.
func TestOrderOfTheChain(t *testing.T) {
	ca := securetest.New(t).Under().Under()
	stranger := securetest.New(t).Root()
	cert, chain, key := ca.Issue(securetest.Leaf{Names: []string{"leaf"}})
	all := must(blocks("", chain))
	near, far := pem.EncodeToMemory(all[0].Block), pem.EncodeToMemory(all[1].Block)
	want := [][]byte{all[0].Bytes, all[1].Bytes}
	for _, order := range [][][]byte{
		{cert, near, far, key, stranger}, {far, near, cert, stranger, key}, {key, stranger, near, cert, far}, {far, cert, near, stranger, cert, key},
	} {
		b := must(parseBundle("us.pem", bytes.Join(order, nil), true))
		pair, certs, err := b.pair(b.keys)
		if err != nil || len(certs) != 4 {
			t.Fatal(err, len(certs))
		}
		if describe(pair.Leaf) != "leaf" || !bytes.Equal(pair.Certificate[1], want[0]) || !bytes.Equal(pair.Certificate[2], want[1]) {
			t.Errorf("order: %s, %s, %s, %s", describe(certs[0]), describe(certs[1]), describe(certs[2]), describe(certs[3]))
		}
	}
}

// FuzzBlocks holds whatever may stand in a file to two things: an error points into it, and
// blocks that are written anew read the same.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte("-----BEGIN -----BEGIN A-----\n-----END A-----\n"))
	f.Add(append(bytes.Clone(dh), curve...))
	f.Add(dh[:len(dh)-10])
	f.Add([]byte("text\r\n-----BEGIN K-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\nAAAA\r\n-----END K-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := blocks("f", text)
		if err != nil {
			pointsInto(t, err, text)
			return
		}
		var anew []byte
		for _, one := range all {
			anew = append(anew, pem.EncodeToMemory(one.Block)...)
		}
		if again, err := blocks("f", anew); err != nil || len(again) != len(all) {
			t.Errorf("%d blocks, written anew %d (%v)", len(all), len(again), err)
		}
	})
}

// pointsInto holds an error of a PEM file to having a place in it.
func pointsInto(t *testing.T, err error, text []byte) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Block < 1 || e.Row < e.Block || e.Row > bytes.Count(text, []byte("\n"))+1 {
		t.Errorf("it does not point: %v", err)
	}
}

// FuzzBundle reads certificates and keys of anybody: what is good pairs the two, what is
// not points into the file.
func FuzzBundle(f *testing.F) {
	ca := securetest.New(f)
	whole := ca.Bundle(securetest.Leaf{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}) // the shortest
	f.Add(whole)
	f.Add(whole[:len(whole)-40])
	f.Add(append(bytes.Clone(dh), ca.Under().Bundle(securetest.Leaf{Names: []string{"lb1"}})...))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := parseBundle("f", text, true)
		if err != nil {
			pointsInto(t, err, text)
			return
		}
		if len(b.keys) == 0 {
			return
		}
		pair, chain, err := b.pair(b.keys)
		if err != nil {
			pointsInto(t, err, text)
		} else if len(pair.Certificate) != len(chain) || !pair.Leaf.Equal(chain[0]) {
			t.Errorf("%d certificates, %d in the chain", len(pair.Certificate), len(chain))
		}
	})
}
