package secure

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
)

// Server returns what a listener of the line l needs. Each handshake takes the newest
// files. l must have been loaded, or every handshake fails.
//
// There are no session tickets: a session that is resumed is not verified again, so a
// ticket would outlive an authority that was taken away. Peers come seldom, and a whole
// handshake costs them a millisecond.
//
// VerifyHost is held against whoever gives a certificate. VerifyName cannot be: the
// peer says its name only later. See Caller.
func (s *Store) Server(l Line) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		SessionTicketsDisabled: true,
		// Called for each handshake; nothing depends on what the client says.
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.server(l) },
	}
}

// server is the configuration of one handshake.
func (s *Store) server(l Line) (*tls.Config, error) {
	crt, ca := s.held(named{l.Crt, false}), s.held(named{l.CAFile, true})
	if crt == nil {
		return nil, notLoaded("crt", l.Crt)
	}
	c := &tls.Config{
		MinVersion:             tls.VersionTLS12,
		SessionTicketsDisabled: true,
		Certificates:           []tls.Certificate{*crt.pair},
	}
	if l.Verify == None {
		return c, nil
	}
	if ca == nil { // without a pool the authorities of the system would do
		return nil, notLoaded("ca-file", l.CAFile)
	}
	c.ClientCAs, c.ClientAuth = ca.pool, tls.RequireAndVerifyClientCert
	if l.Verify == Optional {
		c.ClientAuth = tls.VerifyClientCertIfGiven
	}
	if l.VerifyHost != "" {
		c.VerifyConnection = func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 { // only with Optional
				return nil
			}
			return Name(state, l.VerifyHost)
		}
	}
	return c, nil
}

// Client returns what a call of the line l needs: to host, a name or an address as it was
// dialled, where peer is said to live. The handshake takes the newest files, checks all
// that l asks for, names included, and so ends before we have said who we are. One
// configuration serves many calls.
//
// A server of TLS 1.3 that refuses *our* certificate says so only behind the handshake:
// that error comes from the first Read, and Explain knows it.
func (s *Store) Client(l Line, host, peer string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: serverName(l, host),
		// crypto/tls would hold the certificate against ServerName, which nobody has asked
		// for, and against the files as they are now. VerifyConnection does what it leaves out.
		InsecureSkipVerify: true,
		VerifyConnection:   func(state tls.ConnectionState) error { return s.verifyServer(l, state, peer) },
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if l.Crt == "" {
				return &tls.Certificate{}, nil // none to give; the server judges that
			}
			if crt := s.held(named{l.Crt, false}); crt != nil {
				return crt.pair, nil
			}
			return nil, notLoaded("crt", l.Crt)
		},
	}
}

// serverName is what the call says whom it wants (SNI): names only, an address is none.
func serverName(l Line, host string) string {
	for _, name := range []string{l.VerifyHost, host} {
		if _, err := netip.ParseAddr(name); name != "" && err != nil {
			return name
		}
	}
	return ""
}

func (s *Store) verifyServer(l Line, state tls.ConnectionState, peer string) error {
	if l.Verify == None {
		return nil
	}
	if err := s.chain(l, &state, x509.ExtKeyUsageServerAuth); err != nil {
		return err
	}
	return l.names(state, peer)
}

// notLoaded is a bug of ours, or a handshake that began before a reload and ends after it.
func notLoaded(role, file string) error {
	return fmt.Errorf("%s '%s' is not among the files that are loaded", role, file)
}
