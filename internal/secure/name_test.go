package secure

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"tallystick/internal/secure/securetest"
)

// state is that of a finished handshake with a certificate for these names.
func state(t *testing.T, l securetest.Leaf) tls.ConnectionState {
	t.Helper()
	cert, _, _ := securetest.New(t).Issue(l)
	c := must(x509.ParseCertificate(must(blocks("", cert))[0].Bytes))
	return tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{c}, VerifiedChains: [][]*x509.Certificate{{c}}}
}

func TestName(t *testing.T) {
	for _, c := range []struct{ names, name, want string }{
		{"lb1", "lb1", ""},
		{"lb1", "LB1", ""}, // DNS has no case
		{"lb1 lb2.example.com", "lb2.example.com", ""},
		{"lb_1", "lb_1", ""}, // no name of a host, but of a peer
		{"*.example.com", "lb1.example.com", ""},
		{"*.example.com", "a.lb1.example.com", "the certificate is not for 'a.lb1.example.com': it is for '*.example.com'"}, // one label
		{"*.example.com", "example.com", "the certificate is not for 'example.com': it is for '*.example.com'"},
		{"*", "lb1", "it is for '*'"}, // nobody is everybody
		{"192.0.2.1 lb1", "192.0.2.1", ""},
		{"2001:db8::1", "2001:DB8:0::1", ""},
		{"192.0.2.1 lb1", "192.0.2.2", "the certificate is not for '192.0.2.2': it is for 'lb1', '192.0.2.1'"},
		{"lb1.example.com", "lb1", "the certificate is not for 'lb1': it is for 'lb1.example.com'"},
		{"lb1", "", "the certificate is not for ''"},
	} {
		err := Name(state(t, securetest.Leaf{Names: strings.Fields(c.names), Common: c.name}), c.name)
		if c.want == "" && err != nil || c.want != "" && !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
		if got := Explain(err); err != nil && got != err.Error() {
			t.Errorf("the sentence was explained: %q", got)
		}
	}
}

// An address that is written as a DNS name is none, and the common name is none at all.
func TestNamesThatDoNotCount(t *testing.T) {
	expect(t, Explain(Name(state(t, securetest.Leaf{Common: "lb1"}), "lb1")),
		"the certificate is not for 'lb1': it has the common name 'lb1' alone, which does not count; make one with subjectAltName=DNS:lb1", "common name")
	expect(t, Explain(Name(state(t, securetest.Leaf{}), "192.0.2.1")),
		"the certificate is not for '192.0.2.1': it has no names; make one with subjectAltName=IP:192.0.2.1", "no name")
}

// A certificate that was not verified proves no name, whatever it says.
func TestNameNeedsWhatIsVerified(t *testing.T) {
	s := state(t, securetest.Leaf{Names: []string{"lb1"}})
	s.VerifiedChains = nil
	expect(t, Explain(Name(s, "lb1")), "its certificate was not verified", "verify none")
	s.PeerCertificates = nil
	expect(t, Explain(Name(s, "lb1")), "it gave no certificate", "no certificate")
}

// A stranger chooses how many names there are, and how long.
func TestNamesAreBounded(t *testing.T) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("%s%d.example.com", strings.Repeat("a.", 100), i))
	}
	got := Explain(Name(state(t, securetest.Leaf{Names: names}), "lb1"))
	expect(t, got, "and 992 more", "what is left out is counted")
	if len(got) > namesShown*(lettersShown+8)+100 {
		t.Errorf("%d bytes", len(got))
	}
}
