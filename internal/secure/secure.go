// Package secure is everything about encryption that does not need a peer: it reads
// certificates, watches their files, warns before one ends, and holds what a peer shows
// against a name.
//
// Three promises. Whoever begins a session is judged by the newest files, and no session
// that lives is touched by a new one. A file that went bad changes nothing: what was read
// before stays in use, and the log says so. No key, and nothing made of one, is ever in
// an error or in the log. The room opens no socket and knows no line of the configuration
// but what Line has of it. It is for daemon, which loads and watches, and for node, which opens
// sessions and asks whom they belong to.
package secure

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Verify is how much of a peer's certificate is checked.
type Verify uint8

// The ways to verify. A server shows its certificate in any case, so for a call Optional
// and Required are the same.
const (
	None     Verify = iota // a listener asks for no certificate; a call does not look at it
	Optional               // whoever gives none is let in; whoever gives one must give a good one
	Required               // there must be one, and it must be good
)

// Line is what a line of the configuration says about encryption. A certificate is good
// if it leads to an authority of CAFile, is valid today, and has the names asked for.
// With None nothing is checked, names neither.
type Line struct {
	Crt        string // PEM file with our certificate and its key; "" for none (calls only)
	CAFile     string // PEM file with the authorities to trust; "" only with None
	Verify     Verify
	VerifyHost string // DNS name or IP address that the certificate must carry; "" for any
	VerifyName bool   // it must carry the peer's own name
}

// Store holds the files that lines name. All methods are safe for concurrent use, but for
// Run, which runs once at a time.
type Store struct {
	log *slog.Logger

	// now is what is in use. The map is replaced, never changed: each handshake reads it.
	now    atomic.Pointer[map[named]*held]
	loaded chan struct{} // tells Run that there are other files; one message is enough

	mu       sync.Mutex                 // Load, Reread, warn: one at a time; guards what follows
	bad      map[named]string           // what was last said of a file that is bad now
	loose    map[string]bool            // files whose readable key has been warned of
	ofEnding map[[sha256.Size]byte]term // how near its end a certificate was when we last said so
}

// named is one file that lines name, in one of its two roles.
type named struct {
	file string
	ca   bool // a ca-file, else a crt
}

// held is the content of one file. It never changes.
type held struct {
	certs []*x509.Certificate // all of them; of a crt in the order in which they are sent
	pair  *tls.Certificate    // of a crt
	pool  *x509.CertPool      // of a ca-file
	loose string              // the file with the key, if not only its owner may read it
	sum   [sha256.Size]byte   // of the bytes, to tell whether they are others
}

// New returns a store without files.
func New(log *slog.Logger) *Store {
	s := &Store{
		log: log, loaded: make(chan struct{}, 1), bad: map[named]string{},
		loose: map[string]bool{}, ofEnding: map[[sha256.Size]byte]term{},
	}
	s.now.Store(new(map[named]*held))
	return s
}

// held returns what is in use of a file, nil if no line that was loaded names it.
func (s *Store) held(n named) *held { return (*s.now.Load())[n] }
