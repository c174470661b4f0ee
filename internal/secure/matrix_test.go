package secure

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"

	"tallystick/internal/secure/securetest"
)

// matrix is what becomes of whoever shows a certificate (rows) where a line says verify
// (columns), T-01 and T-32. A server cannot do without one, so there is a row less.
const matrix = `
they-come        none  optional   required
no-certificate   in    in         none
right            in    in         in
other-authority  in    authority  authority
other-name       in    name       name
ended            in    ended      ended

we-call          none  optional   required
right            in    in         in
other-authority  in    authority  authority
other-name       in    name       name
ended            in    ended      ended
`

// verdicts are the words of the matrix, as Explain has them.
var verdicts = map[string]string{
	"none":      "it gave no certificate: add 'crt' to its line",
	"authority": "its certificate comes from an authority that our 'ca-file' does not have",
	"name":      "the certificate is not for 'lb1': it is for 'lb2'",
	"ended":     "its certificate has ended",
}

// Names are asked for in two ways, by the line and by the peer's own name; a line that asks
// for none lets another name in.
func TestMatrix(t *testing.T) {
	ca, other := securetest.New(t), securetest.New(t)
	crts := map[string]string{
		"no-certificate":  "",
		"right":           ca.Leaf(securetest.Leaf{Names: []string{"lb1"}}),
		"other-authority": other.Leaf(securetest.Leaf{Names: []string{"lb1"}}),
		"other-name":      ca.Leaf(securetest.Leaf{Names: []string{"lb2"}}),
		"ended":           ca.Leaf(securetest.Leaf{Names: []string{"lb1"}, NotAfter: time.Now().Add(-time.Minute)}),
	}
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"us"}}), CAFile: ca.File()}
	s, _ := newStore(t, us)
	for _, asked := range []string{"nothing", "verifyhost", "verifyname"} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			eachCell(t, func(direction, crt string, v Verify, want string) {
				l := us
				l.Verify, l.VerifyName = v, asked == "verifyname"
				if asked == "verifyhost" {
					l.VerifyHost = "lb1"
				}
				if asked == "nothing" && want == "name" {
					want = "in"
				}
				meet := meetCaller
				if direction == "we-call" {
					meet = meetCalled
				}
				t.Run(strings.Join([]string{direction, asked, tls.VersionName(version), crt, [...]string{"none", "optional", "required"}[v]}, "/"), func(t *testing.T) {
					ours, theirs := meet(t, s, l, &tls.Config{Certificates: pairOf(t, crts[crt]), InsecureSkipVerify: true}, version)
					got := Explain(ours)
					if want == "in" && got != "" || !strings.Contains(got, verdicts[want]) {
						t.Errorf("got %q, want %q", got, want+" "+verdicts[want])
					}
					if heard := Explain(theirs); want != "in" && !strings.Contains(heard, "the other side") {
						t.Errorf("the peer is refused and hears %q", heard)
					}
				})
			})
		}
	}
}

// eachCell calls f for each cell of the matrix.
func eachCell(t *testing.T, f func(direction, crt string, v Verify, want string)) {
	cells, direction := 0, ""
	for line := range strings.Lines(matrix) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[1] == "none" && words[2] == "optional":
			direction = words[0]
		default:
			for v, want := range words[1:] {
				f(direction, words[0], Verify(v), want)
				cells++
			}
		}
	}
	if cells != 27 {
		t.Errorf("%d cells were tried, not 27", cells)
	}
}

// meetCaller lets a peer that says it is lb1 come to a listener of l.
func meetCaller(t *testing.T, s *Store, l Line, peer *tls.Config, version uint16) (ours, theirs error) {
	peer.MinVersion, peer.MaxVersion = version, version
	server, client := shake(t, s.Server(l), peer)
	if server.err != nil {
		return server.err, client.err
	}
	if v := server.state.Version; v != version {
		t.Errorf("it is %s", tls.VersionName(v))
	}
	// The hello was read: now the name is known, and whoever is refused is simply left.
	if err := s.Caller(l, server.state, "lb1"); err != nil {
		return err, io.EOF
	}
	return nil, client.err
}

// meetCalled lets us call lb1 by a line l.
func meetCalled(t *testing.T, s *Store, l Line, peer *tls.Config, version uint16) (ours, theirs error) {
	c := s.Client(l, "127.0.0.1", "lb1")
	c.MinVersion, c.MaxVersion = version, version
	server, client := shake(t, peer, c)
	return client.err, server.err
}

// The line of a peer may trust fewer than the listener that it comes to: the certificate of
// another branch of the house does not make it that peer, though it has the name.
func TestCallerIsHeldAgainstTheLineOfThePeer(t *testing.T) {
	house, ours := securetest.New(t), securetest.New(t)
	both := house.File()
	securetest.Write(t, both, house.Root(), ours.Root())
	listener := Line{Crt: ours.Leaf(securetest.Leaf{}), CAFile: both, Verify: Required}
	peer := Line{CAFile: ours.File(), Verify: Required, VerifyName: true}
	s, _ := newStore(t, listener, peer)
	come := func(crt string) error {
		server, _ := shake(t, s.Server(listener), &tls.Config{Certificates: pairOf(t, crt), InsecureSkipVerify: true})
		if server.err != nil {
			t.Fatal(server.err)
		}
		return s.Caller(peer, server.state, "lb1")
	}
	if err := come(ours.Leaf(securetest.Leaf{Names: []string{"lb1"}})); err != nil {
		t.Errorf("the right one is refused: %v", err)
	}
	expect(t, Explain(come(house.Leaf(securetest.Leaf{Names: []string{"lb1"}}))), verdicts["authority"], "the listener trusts the whole house, lb1's line does not")
	expect(t, Explain(come(ours.Leaf(securetest.Leaf{Names: []string{"lb2"}}))), verdicts["name"], "lb2 says that it is lb1")

	peer.VerifyName, peer.VerifyHost = false, "racks.example.com"
	if err := come(ours.Leaf(securetest.Leaf{Names: []string{"racks.example.com"}})); err != nil {
		t.Errorf("verifyhost of lb1's line binds who comes as lb1: %v", err)
	}
	expect(t, Explain(come(ours.Leaf(securetest.Leaf{Names: []string{"lb1"}}))), "the certificate is not for 'racks.example.com'", "and nobody else is")
	peer.VerifyName = true
	expect(t, Explain(come(ours.Leaf(securetest.Leaf{Names: []string{"racks.example.com"}}))), "the certificate is not for 'lb1'", "both names are asked for")
	peer.VerifyHost = ""

	// A listener that asks for no certificate must not let anybody be lb1.
	listener.Verify = None
	expect(t, Explain(come("")), "it gave no certificate", "nobody is lb1 without showing it")
	peer.VerifyName = false
	if err := come(""); err != nil {
		t.Errorf("lb1's line binds no name, so it asks nothing of who comes: %v", err)
	}
}

// Intermediates come with the certificate, in whatever order the file has them.
func TestChains(t *testing.T) {
	root := securetest.New(t)
	below := root.Under().Under()
	us := Line{Crt: below.Leaf(securetest.Leaf{Names: []string{"lb1"}}), CAFile: root.File(), Verify: Required, VerifyHost: "lb1"}
	s, _ := newStore(t, us)
	server, client := shake(t, s.Server(us), s.Client(us, "127.0.0.1", ""))
	if server.err != nil || client.err != nil {
		t.Errorf("both show leaf, two intermediates: %v, %v", server.err, client.err)
	}
	if n := len(client.state.PeerCertificates); n != 3 {
		t.Errorf("%d certificates were sent", n)
	}
}

// A listener gives no tickets: whoever comes again is verified again.
func TestNoResumption(t *testing.T) {
	ca := securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{Names: []string{"us"}})}
	s, _ := newStore(t, us)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := &tls.Config{InsecureSkipVerify: true, MaxVersion: version, ServerName: "us", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		for range 2 {
			_, client := shake(t, s.Server(us), c)
			if client.err != nil || client.state.DidResume {
				t.Errorf("%s: %v, resumed: %v", tls.VersionName(version), client.err, client.state.DidResume)
			}
		}
	}
}

// What is not loaded fails closed: crypto/tls would take the authorities of the system.
func TestLineThatIsNotLoaded(t *testing.T) {
	ca := securetest.New(t)
	us := Line{Crt: ca.Leaf(securetest.Leaf{}), CAFile: ca.File()}
	s, _ := newStore(t, us)
	for _, l := range []Line{{Crt: "no.pem"}, {Crt: us.Crt, CAFile: "no.pem", Verify: Optional}} {
		server, _ := shake(t, s.Server(l), &tls.Config{InsecureSkipVerify: true})
		expect(t, Explain(server.err), "'no.pem' is not among the files that are loaded", "a listener")
		server, client := shake(t, s.Server(us), s.Client(l, "127.0.0.1", ""))
		if l.Verify != None { // the server has not asked for the other one's certificate
			expect(t, Explain(client.err), "'no.pem' is not among the files that are loaded", "a call")
		} else if server.err != nil {
			t.Error(server.err)
		}
	}
}

// The name that a call says (SNI) is that of the certificate that it wants.
func TestServerName(t *testing.T) {
	for _, c := range []struct{ verifyHost, host, want string }{
		{"", "lb1.example.com", "lb1.example.com"},
		{"agg.example.com", "lb1.example.com", "agg.example.com"},
		{"agg.example.com", "192.0.2.1", "agg.example.com"},
		{"192.0.2.1", "lb1.example.com", "lb1.example.com"}, // an address cannot be said
		{"", "192.0.2.1", ""},
		{"", "2001:db8::1", ""},
		{"", "fe80::1%eth0", ""},
		{"", "", ""},
	} {
		if got := New(nil).Client(Line{VerifyHost: c.verifyHost}, c.host, "").ServerName; got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
