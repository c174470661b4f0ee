package secure

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxFile bounds what is read of a file. All authorities that a Linux system trusts are a
// quarter of it.
const maxFile = 1 << 20

// keySuffix names the file in which the key is, if it is not in that of the certificate:
// what HAProxy has as ssl-load-extra-files, by default.
const keySuffix = ".key"

// read reads a file in its role.
func read(n named) (*held, error) {
	text, loose, err := slurp(n.file)
	if err != nil {
		return nil, err
	}
	if n.ca {
		return readAuthorities(n.file, text)
	}
	b, err := parseBundle(n.file, text, true)
	switch {
	case err != nil:
		return nil, err
	case len(b.certs) == 0:
		return nil, fileError(n.file, "there is no certificate in it: add a block that begins with -----BEGIN CERTIFICATE-----")
	}
	// The sum leaves a key of its own file out: another key means another certificate.
	h := &held{sum: sha256.Sum256(text)}
	keys := b.keys
	if loose {
		h.loose = n.file
	}
	if len(keys) == 0 {
		file := n.file + keySuffix
		var more []byte
		if more, loose, err = slurp(file); errors.Is(err, fs.ErrNotExist) {
			return nil, fileError(n.file, "there is no private key in it, and no file %s: add the key to the file", file)
		} else if err != nil {
			return nil, err
		}
		if keys, err = readKeys(file, more); err != nil {
			return nil, err
		}
		if h.loose = ""; loose {
			h.loose = file
		}
	}
	h.pair, h.certs, err = b.pair(keys)
	return h, err
}

// readKeys reads a file that is there for its key alone.
func readKeys(file string, text []byte) ([]key, error) {
	b, err := parseBundle(file, text, true)
	if err == nil && len(b.keys) == 0 {
		err = fileError(file, "there is no private key in it")
	}
	return b.keys, err
}

// readAuthorities makes a pool of a ca-file. An empty one would trust nobody, which is
// never what was meant.
func readAuthorities(file string, text []byte) (*held, error) {
	b, err := parseBundle(file, text, false)
	switch {
	case err != nil:
		return nil, err
	case len(b.certs) == 0:
		return nil, fileError(file, "there is no certificate of an authority in it, so nobody would be trusted: add one that begins with -----BEGIN CERTIFICATE-----")
	}
	h := &held{certs: b.certs, pool: x509.NewCertPool(), sum: sha256.Sum256(text)}
	for _, c := range b.certs {
		h.pool.AddCert(c)
	}
	return h, nil
}

// slurp returns all of a file, and whether others than its owner may read it.
func slurp(file string) (text []byte, loose bool, err error) {
	// NONBLOCK, or a fifo would hold us until somebody writes.
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, false, systemError(file, err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, false, systemError(file, err)
	case info.IsDir():
		return nil, false, fileError(file, "it is a directory: name one PEM file of it")
	case !info.Mode().IsRegular():
		return nil, false, fileError(file, "it is no file that could be read twice: name a PEM file")
	}
	text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, false, systemError(file, err)
	case len(text) > maxFile:
		return nil, false, fileError(file, "it is larger than %d KiB: name a file that has only what is needed", maxFile>>10)
	}
	return text, info.Mode().Perm()&0o044 != 0, nil
}
