package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// What an error has of the names that a stranger's certificate carries: that may be
// thousands.
const (
	namesShown   = 8
	lettersShown = 80
)

// NameError says that a certificate is for somebody else.
type NameError struct {
	Want string   // whom it should be for
	Has  []string // its DNS names and IP addresses, the first of them
	More int      // how many are left out
	CN   string   // its common name, if it has no other
}

// Error names whom the certificate is for and whom it should be for.
func (e *NameError) Error() string {
	switch {
	case len(e.Has) == 0 && e.CN != "":
		return fmt.Sprintf("the certificate is not for '%s': it has the common name '%s' alone, which does not count; make one with subjectAltName=%s", e.Want, e.CN, altName(e.Want))
	case len(e.Has) == 0:
		return fmt.Sprintf("the certificate is not for '%s': it has no names; make one with subjectAltName=%s", e.Want, altName(e.Want))
	}
	more := ""
	if e.More > 0 {
		more = fmt.Sprintf(" and %d more", e.More)
	}
	return fmt.Sprintf("the certificate is not for '%s': it is for '%s'%s", e.Want, strings.Join(e.Has, "', '"), more)
}

// altName is a name as openssl wants it.
func altName(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return "IP:" + name
	}
	return "DNS:" + name
}

// errNotGiven is said of whoever must have a name and shows no certificate.
var errNotGiven = errors.New("it gave no certificate: the peer's own line needs one ('crt'), and our listener 'ca-file' to ask for it")

// Name checks that the peer's certificate is verified and is for name: a DNS name, or an IP
// address if name is one, among its subject alternative names. Wildcards are those of
// crypto/x509, and the common name does not count. The error is a sentence for an operator,
// a *NameError where the names are wrong.
//
// It is for sessions that came to us. Those that we called have been held against names
// while their handshake was under way, see Client, and have no VerifiedChains here.
func Name(state tls.ConnectionState, name string) error {
	switch {
	case len(state.PeerCertificates) == 0:
		return errNotGiven
	case len(state.VerifiedChains) == 0:
		return errors.New("its certificate was not verified: the line needs 'ca-file' and no 'verify none'")
	}
	leaf := state.PeerCertificates[0]
	if leaf.VerifyHostname(name) == nil {
		return nil
	}
	e := &NameError{Want: name}
	all := namesOf(leaf)
	if len(all) == 0 {
		e.CN = short(leaf.Subject.CommonName)
	}
	e.More = max(0, len(all)-namesShown)
	for _, n := range all[:len(all)-e.More] {
		e.Has = append(e.Has, short(n))
	}
	return e
}

// Caller holds a session that came to us against the line of the peer that it says it is,
// or that of the listener. Where the line asks for names, the certificate must lead to the
// ca-file of this very line, which may trust fewer than the listener's, and must have them.
// A line with Optional lets in whoever gave none. A line that asks for no name asks
// nothing here: the listener's has been answered in the handshake.
func (s *Store) Caller(l Line, state tls.ConnectionState, peer string) error {
	switch {
	case l.Verify == None || l.VerifyHost == "" && !l.VerifyName:
		return nil
	case len(state.PeerCertificates) == 0 && l.Verify == Optional:
		return nil
	}
	if err := s.chain(l, &state, x509.ExtKeyUsageClientAuth); err != nil {
		return err
	}
	return l.names(state, peer)
}

// names holds a verified certificate against the names that l asks for.
func (l Line) names(state tls.ConnectionState, peer string) error {
	if l.VerifyHost != "" {
		if err := Name(state, l.VerifyHost); err != nil {
			return err
		}
	}
	if l.VerifyName {
		return Name(state, peer)
	}
	return nil
}

// chain verifies the peer's certificate with the newest ca-file of l, and notes in state
// how: crypto/tls has done so with the one of the listener, or not at all.
func (s *Store) chain(l Line, state *tls.ConnectionState, usage x509.ExtKeyUsage) error {
	ca := s.held(named{l.CAFile, true})
	switch {
	case len(state.PeerCertificates) == 0:
		return errNotGiven
	case ca == nil: // without a pool the authorities of the system would do
		return notLoaded("ca-file", l.CAFile)
	}
	o := x509.VerifyOptions{Roots: ca.pool, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{usage}}
	for _, c := range state.PeerCertificates[1:] {
		o.Intermediates.AddCert(c)
	}
	var err error
	if state.VerifiedChains, err = state.PeerCertificates[0].Verify(o); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
	}
	return nil
}

// namesOf lists what a certificate is for.
func namesOf(c *x509.Certificate) []string {
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

// describe is what a certificate is called in the log: its names, or else its subject.
func describe(c *x509.Certificate) string {
	all := namesOf(c)
	if len(all) == 0 || c.IsCA {
		return short(c.Subject.String())
	}
	return short(strings.Join(all[:min(len(all), namesShown)], ", "))
}

// short cuts what a stranger may have made long.
func short(s string) string {
	if len(s) > lettersShown {
		return strings.ToValidUTF8(s[:lettersShown], "") + "..."
	}
	return s
}
