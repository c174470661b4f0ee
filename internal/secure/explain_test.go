package secure

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tallystick/internal/secure/securetest"
)

// Each handshake goes wrong as it does between real programs: what is said of it on our
// side, where we listen and where we call. The library's own words stand behind.
func TestExplain(t *testing.T) {
	ca, elsewhere := securetest.New(t), securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{}), CAFile: ca.File(), Verify: Required}
	other := Line{Crt: elsewhere.Leaf(securetest.Leaf{}), CAFile: elsewhere.File()}
	late := Line{Crt: ca.Leaf(securetest.Leaf{NotAfter: time.Now().Add(-day)})}
	s, _ := newStore(t, us, other, late)
	crt := func(l securetest.Leaf) *tls.Config {
		return &tls.Config{Certificates: pairOf(t, ca.Leaf(l)), InsecureSkipVerify: true}
	}
	weak := func(c *tls.Config, version uint16) *tls.Config {
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, version
		return c
	}
	tomorrow := securetest.Leaf{NotBefore: time.Now().Add(day)}
	rsaOnly := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}
	for _, c := range []struct {
		name, want string
		behind     string
		err        error
	}{
		{"it comes without a certificate", "it gave no certificate: add 'crt' to its line for us, or write 'verify optional' on ours", "didn't provide",
			comes(t, s, us, &tls.Config{InsecureSkipVerify: true})},
		{"it comes in plain text", "the other side does not speak TLS: add 'ssl' to its line for us", "first record does not look like",
			comesPlain(t, s, us, "HAProxyS 2.1\nus\nlb1 1 1\n")},
		{"it comes and goes", "the other side ended the connection without a word of TLS", "EOF", comesPlain(t, s, us, "")},
		{"it comes with TLS 1.1", "it speaks neither TLS 1.2 nor 1.3", "unsupported versions", comes(t, s, us, weak(crt(securetest.Leaf{}), tls.VersionTLS11))},
		{"it comes with other ciphers", "no cipher is known to both", "no cipher suite", comes(t, s, us, rsaOnly)},
		{"it comes too early", "its certificate is not valid yet: one of the two clocks is wrong", "x509: certificate has expired or is not yet valid", comes(t, s, us, crt(tomorrow))},
		{"it comes with what is made for servers", "it needs extendedKeyUsage=serverAuth,clientAuth", "x509: certificate specifies an incompatible key usage", comes(t, s, us, crt(securetest.Leaf{Server: true}))},
		{"it does not trust us", "the other side refused our certificate: its log says why; does its CA file have the authority of our 'crt'", "remote error: tls: bad certificate",
			comes(t, s, us, s.Client(Line{Crt: us.Crt, CAFile: other.CAFile, Verify: Required}, "", ""))},

		{"we call what is plain", "the other side does not speak TLS", "first record", calls(t, s, us, func(nc net.Conn) { io.WriteString(nc, "200 OK\n"); io.Copy(io.Discard, nc) })},
		{"we call what ends", "the other side ended the connection without a word of TLS: does its line for us have 'ssl'", "EOF",
			calls(t, s, us, func(nc net.Conn) {
				io.ReadFull(nc, make([]byte, 1))
				nc.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, nc)
			})},
		{"we call what resets", "the other side ended the connection without a word of TLS", "reset", calls(t, s, us, func(nc net.Conn) { io.ReadFull(nc, make([]byte, 1)); nc.(*net.TCPConn).SetLinger(0) })},
		{"we call TLS 1.1", "the other side speaks neither TLS 1.2 nor 1.3", "remote error: tls: protocol version", calls(t, s, us, tlsServer(weak(crt(securetest.Leaf{}), tls.VersionTLS11)))},
		{"we call what insists on TLS 1.1", "it speaks neither TLS 1.2 nor 1.3", "unsupported protocol version", calls(t, s, us, func(nc net.Conn) {
			hello := append([]byte{0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2}, make([]byte, 33)...) // a ServerHello: 32 random bytes, no session
			nc.Write(append(hello, 0, 0x2f, 0))                                                // RSA with AES-128, no compression
			io.Copy(io.Discard, nc)
		})},
		{"we call what is made for clients", "it needs extendedKeyUsage=serverAuth,clientAuth", "incompatible key usage", calls(t, s, us, tlsServer(crt(securetest.Leaf{Client: true})))},
		{"we call with nothing to show", "the other side wants a certificate of us: add 'crt FILE' to the line", "remote error",
			calls(t, s, Line{CAFile: us.CAFile, Verify: Required}, tlsServer(s.Server(us)))},
		{"we call with nothing to show, TLS 1.2", "it wants a certificate of us ('crt' on the line)", "remote error",
			calls(t, s, Line{CAFile: us.CAFile, Verify: Required}, tlsServer(tls12(must(s.server(us)))))},
		{"we call and come from elsewhere", "the other side does not know the authority of our certificate: add it to the CA file there", "remote error",
			calls(t, s, Line{Crt: other.Crt, CAFile: us.CAFile, Verify: Required}, tlsServer(s.Server(us)))},
		{"we call and come too late", "the other side says that our certificate has ended: give 'crt' a new one", "remote error",
			calls(t, s, Line{Crt: late.Crt, CAFile: us.CAFile, Verify: Required}, tlsServer(s.Server(us)))},
		{"we call and are for somebody else", "the other side refused our certificate: its log says why", "remote error: tls: bad certificate",
			calls(t, s, us, tlsServer(s.Server(Line{Crt: us.Crt, CAFile: us.CAFile, Verify: Required, VerifyHost: "lb1"})))},
	} {
		got := Explain(c.err)
		expect(t, got, c.want, c.name)
		if _, behind, _ := strings.Cut(got, " ("); !strings.HasSuffix(got, c.err.Error()+")") || !strings.Contains(behind, c.behind) {
			t.Errorf("%s: the original is not behind: %q", c.name, got)
		}
	}
}

// comes is what a listener of l says of a peer that comes with c.
func comes(t *testing.T, s *Store, l Line, c *tls.Config) error {
	t.Helper()
	server, _ := shake(t, s.Server(l), c)
	if server.err != nil {
		return server.err
	}
	return errors.New("nothing went wrong")
}

// comesPlain is what a listener of l says of a peer that says text and leaves.
func comesPlain(t *testing.T, s *Store, l Line, text string) error {
	t.Helper()
	said := make(chan error, 1)
	nc := dial(t, serve(t, func(nc net.Conn) { said <- tls.Server(nc, s.Server(l)).Handshake() }))
	io.WriteString(nc, text)
	nc.(*net.TCPConn).CloseWrite()
	return <-said
}

// calls is what a call of l says of what handle does, in the handshake or the first Read.
func calls(t *testing.T, s *Store, l Line, handle func(net.Conn)) error {
	t.Helper()
	tc := tls.Client(dial(t, serve(t, handle)), s.Client(l, "127.0.0.1", ""))
	defer tc.Close()
	if _, err := io.ReadFull(tc, make([]byte, 1)); err != nil {
		return err
	}
	return errors.New("nothing went wrong")
}

func tlsServer(c *tls.Config) func(net.Conn) {
	return func(nc net.Conn) {
		tc := tls.Server(nc, c)
		if tc.Handshake() == nil {
			io.WriteString(tc, "!")
			io.Copy(io.Discard, tc)
		}
	}
}

func tls12(c *tls.Config) *tls.Config {
	c.MaxVersion = tls.VersionTLS12
	return c
}

// Time is up: as a deadline of the connection has it.
func TestExplainTimeout(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	defer a.Close()
	a.SetDeadline(time.Now().Add(-time.Second))
	err := tls.Client(a, New(nil).Client(Line{}, "", "")).Handshake()
	expect(t, Explain(err), "the handshake was not finished in time: does the other side speak TLS? (", "timeout")
}

// Every alert that TLS has for us gets words, and they are said by crypto/tls as we expect.
func TestExplainAlerts(t *testing.T) {
	for _, a := range alerts {
		if strings.Contains(a.number.Error(), "alert(") {
			t.Errorf("crypto/tls knows no alert %d", a.number)
		}
		expect(t, Explain(&net.OpError{Op: "remote error", Err: a.number}), a.words+" (remote error: "+a.number.Error()+")", "an alert")
	}
	expect(t, Explain(&net.OpError{Op: "remote error", Err: tls.AlertError(80)}), "the other side ended the handshake: its log says why (remote error: tls: internal error)", "any other")
	expect(t, Explain(&net.OpError{Op: "dial", Err: tls.AlertError(42)}), "dial: tls: bad certificate", "not what the other side said")
}

// What is not ours to explain stays what it is.
func TestExplainOthers(t *testing.T) {
	expect(t, Explain(nil), "", "nothing")
	if got := Explain(errors.New("out of paper")); got != "out of paper" {
		t.Error(got)
	}
}

// A key of RSA serves like any other, with both versions.
func TestRSA(t *testing.T) {
	ca := securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"us"}, Key: must(rsa.GenerateKey(rand.Reader, 2048))}), CAFile: ca.File(), Verify: Required, VerifyHost: "us"}
	s, _ := newStore(t, us)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := s.Client(us, "us", "")
		c.MaxVersion = version
		server, client := shake(t, s.Server(us), c)
		if server.err != nil || client.err != nil || client.state.Version != version {
			t.Errorf("%s: %v, %v", tls.VersionName(version), server.err, client.err)
		}
	}
}
