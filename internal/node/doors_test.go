package node

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/secure"
	"tallystick/internal/secure/securetest"
	"tallystick/internal/topology"
)

// prefixes reads networks.
func prefixes(list ...string) (all []netip.Prefix) {
	for _, s := range list {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

// hello is what a node says that calls somebody.
func hello(called, caller string) string {
	return fmt.Sprintf("HAProxyS 2.1\n%s\n%s 77 1\n", called, caller)
}

// twoSections starts a second section beside the cluster's, and one door to both, by their IDs.
func (c *cluster) twoSections(first, second Config) (a, b *Section) {
	second.Log, second.Counters, second.MaxEntries, second.MaxTables, second.Warmup = c.config.Log, c.config.Counters, 1000, 16, time.Second
	first.Log, first.Counters, first.MaxEntries, first.MaxTables, first.Warmup = c.config.Log, c.config.Counters, 1000, 16, time.Second
	c.config = first
	c.start()
	s := New(second, time.Now())
	go s.Run(c.ctx)
	c.t.Cleanup(func() { c.stopAll(); s.stop() })
	c.door.SetRules(DoorRules{Sections: map[string]*Section{first.ID: c.section, second.ID: s}})
	settle()
	return c.section, s
}

// TestSharedDoor: behind a shared listener the section is chosen by the name that the node calls.
func TestSharedDoor(t *testing.T) {
	bubble(t, "", func(c *cluster) {
		red, blue := c.twoSections(
			Config{ID: "red", Name: "red", Rules: topology.Rules{Any: true, To: ".agg"}, Peers: []PeerConfig{{Name: "lb1"}}},
			Config{ID: "blue", Name: "blue", Rules: topology.Rules{Any: true, To: ".sum"}, Peers: []PeerConfig{{Name: "lb1"}, {Name: "lb2"}}})
		c.knock("10.0.0.1").says(hello("red", "lb1")).welcome("it called red")
		c.knock("10.0.0.2").says(hello("blue", "lb1")).welcome("another lb1 is one of blue: sections share nothing but the door")
		c.expect(red.Peer("lb1").Connected() && blue.Peer("lb1").Connected(), "each section has its own")
		c.knock("10.0.0.2").says(hello("red", "lb2")).refused("lb2 is of blue alone")
		c.logs(1, "the line to add is in the section that was called", "no line admits 'lb2'", "to aggregations red")
		c.knock("10.0.0.3").says(hello("green", "lb1")).refused("nobody is called green")
		c.logs(1, "the log lists who is here", "called 'green'", "'blue', 'red'", "the name of a section")
		c.knock("10.0.0.3").says(hello("red", "red")).refused("our own name")
	})
}

// TestNearestAllow: the nearest 'allow' decides, and nothing else is looked at.
func TestNearestAllow(t *testing.T) {
	in, out := prefixes("10.0.0.1/32"), prefixes("10.9.0.0/16")
	for _, x := range []struct {
		why                         string
		peer, door, section, dynami []netip.Prefix
		name                        string
		want                        bool
	}{
		{"nothing is said", nil, nil, nil, nil, "lb1", true},
		{"the section says no", nil, nil, out, nil, "lb1", false},
		{"the door says yes, and is nearer", nil, in, out, nil, "lb1", true},
		{"the door says no", nil, out, in, nil, "lb1", false},
		{"the peer says yes, and is nearest", in, out, out, nil, "lb1", true},
		{"the peer says no", out, in, in, nil, "lb1", false},
		{"a dynamic peer has its own word", nil, out, out, in, "pod", true},
		{"which may be no", nil, in, in, out, "pod", false},
		{"without it the door's", nil, in, out, nil, "pod", true},
	} {
		t.Run(x.why, func(t *testing.T) {
			bubble(t, "lb1", func(c *cluster) {
				c.config.Peers[0].Addr, c.config.Peers[0].Allow = "", x.peer
				c.config.Allow, c.config.Dynamic = x.section, &Dynamic{Max: 10, Allow: x.dynami}
				c.start()
				c.door.SetRules(DoorRules{Sections: map[string]*Section{"agg": c.section}, Allow: x.door})
				s := c.knock("10.0.0.1").says(hello("agg", x.name))
				if x.want {
					s.welcome(x.why)
					return
				}
				s.refused(x.why)
				c.expect(c.section.Counters.RefusedAllow.Load() == 1, "counted")
				c.logs(1, "and the log says whom and whence", "'"+x.name+"' may not come from 10.0.0.1", "allow")
			})
		})
	}
}

// TestExpectedPlaces: strangers cannot take the places of those who come from where a peer lives.
func TestExpectedPlaces(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers[0].Addr = "10.0.0.1:10000"
		c.answer("10.0.0.1:10000", nil)
		c.start()
		slow := c.knock("10.0.0.1").says("HAProxyS 2.1\n") // a peer on a slow line
		for range 4 * maxStrangers {
			c.knock("10.0.0.66")
			synctest.Wait()
		}
		slow.says("agg\nlb1 77 1\n").welcome("it has its place for as long as a hello may take")
		for range maxExpected + 10 { // even if somebody fakes the address
			c.knock("10.0.0.1")
			synctest.Wait()
		}
		c.expect(c.section.Counters.StrangersEvicted.Load() >= 10, "which are limited, too")
		c.knock("10.0.0.1").says(hello("agg", "lb1")).hears(time.Millisecond)
		c.expect(c.section.Peer("lb1").View().Accepted == 2, "a peer comes in all the same")
	})
}

// TestDynamicPeers: nodes come that no line names, are peers like others, and leave no trace.
func TestDynamicPeers(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Dynamic = &Dynamic{Max: 3}
		c.start()
		short := tables()
		for _, s := range short {
			s.Expire = 60000
		}
		lb1 := c.node("lb1", tables()...)
		pod := c.node("pod2", short...)
		lb1.Touch("web", alice, requests(10)...)
		pod.Touch("web", alice, requests(5)...)
		wait(5 * time.Second)
		c.lacks("lb1", "web.agg", alice, "others may come that nobody knows: the whole warm-up is waited")
		wait(10 * time.Second)
		c.shows("lb1", alice, 15, "it counts like a peer with a line")
		c.shows("pod2", alice, 15, "and reads the sum")
		v := c.section.Peer("pod2").View()
		c.expect(v.Dynamic && v.Established, "it is shown as what it is")

		c.node("pod3", short...)
		c.expect(c.section.Peer("pod3") != nil, "there is room for three")
		for i := range 10 {
			c.knock("10.0.0.9").says(hello("agg", fmt.Sprintf("pod%d", 4+i))).refused("one more is too many")
		}
		c.logs(1, "said once, with the numbers, whatever names strangers choose", "has 3 peers", "allows 3", "pod4")
		c.expect(c.section.Counters.RefusedDynamic.Load() == 10, "and counted")

		pod.Stop()
		wait(9 * time.Second)
		c.expect(c.section.Peer("pod2") != nil, "it may come back: its share still counts")
		c.shows("lb1", alice, 15, "as that of a lost peer does")
		pod.Restart(0)
		calm()
		c.shows("pod2", alice, 15, "its memory was given back")
		pod.Stop()
		wait(71 * time.Second)
		c.expect(c.section.Peer("pod2") == nil, "it is forgotten once its last contribution has expired")
		c.shows("lb1", alice, 10, "which has left the sum")
		c.logs(1, "the log says so", "dynamic peer is forgotten", "pod2")
		c.expect(c.section.Peer("lb1") != nil, "peers with a line stay")
	})
}

// TestManyDynamicPeers: nothing grows with those who have come and gone.
func TestManyDynamicPeers(t *testing.T) {
	bubble(t, "", func(c *cluster) {
		c.config.Dynamic = &Dynamic{Max: 50}
		c.start()
		for range 4 {
			var all []*stranger
			for i := range 50 {
				s := c.knock("10.0.0.1").says(hello("agg", fmt.Sprintf("pod%d-%d", i, time.Now().Unix())))
				s.welcome("there is room")
				all = append(all, s)
			}
			c.expect(len(c.section.Peers()) == 50, "all are there")
			for _, s := range all {
				s.Close()
			}
			wait(8 * time.Second)
			c.expect(len(c.section.Peers()) == 50, "a reload takes a while: they may come back")
			wait(4 * time.Second)
			c.expect(len(c.section.Peers()) == 0, "and nobody any more")
		}
		c.expect(len(c.section.tables.owners) == 0 && len(c.section.roster.byName) == 0, "nothing is kept of them")
	})
}

// encrypt makes the door one that speaks TLS.
func (c *cluster) encrypt(line secure.Line) {
	c.t.Helper()
	store := secure.New(c.config.Log)
	if err := store.Load([]secure.Line{line}); err != nil {
		c.t.Fatal(err)
	}
	c.door = NewDoor(&Lobby{}, store, c.config.Log, c.section.Counters)
	c.door.SetRules(DoorRules{Sections: map[string]*Section{"agg": c.section}, TLS: &line})
}

// TestProof: what a certificate must prove at a door, and what it must for a peer, whoever asks for it.
func TestProof(t *testing.T) {
	for _, x := range []struct {
		why    string
		verify secure.Verify
		host   string // the door asks for that name
		own    bool   // or for the peer's own
		peer   string // the peer's line asks for this one
		cert   string // of whom calls itself lb1; "": none
		want   bool
	}{
		{"a certificate of the right authority is enough where nobody asks for more", secure.Required, "", false, "", "lb2", true},
		{"none is needed where none is asked for", secure.None, "", false, "", "", true},
		{"one of another authority is not", secure.Required, "", false, "", "foe", false},
		{"nor is none", secure.Required, "", false, "", "", false},
		{"verifyname: lb1 has its own", secure.Required, "", true, "", "lb1", true},
		{"lb2's does not make it lb1", secure.Required, "", true, "", "lb2", false},
		{"verifyhost at the door", secure.Required, "nodes.example.com", false, "", "lb1", true},
		{"is not for everybody", secure.Required, "nodes.example.com", false, "", "lb2", false},
		{"verifyhost of the peer's line", secure.Required, "", false, "lb1", "lb1", true},
		{"binds who calls in its name", secure.Required, "", false, "lb1", "lb2", false},
		{"also where the door does not insist on a certificate", secure.Optional, "", false, "lb1", "", false},
		{"or asks for none, so that nobody can prove anything", secure.None, "", false, "lb1", "lb1", false},
	} {
		t.Run(x.why, func(t *testing.T) {
			bubble(t, "lb1", func(c *cluster) {
				ca, other := securetest.New(t), securetest.New(t) // here: certificates hold in the bubble's time
				certs := map[string]string{
					"lb1": ca.Leaf(securetest.Leaf{Names: []string{"lb1", "nodes.example.com"}}),
					"lb2": ca.Leaf(securetest.Leaf{Names: []string{"lb2"}}),
					"foe": other.Leaf(securetest.Leaf{Names: []string{"lb1"}}),
				}
				ours, roots := ca.Leaf(securetest.Leaf{Names: []string{"agg"}}), ca.File()
				c.config.Peers[0].Addr = ""
				if x.peer != "" {
					c.config.Peers[0].TLS = &secure.Line{CAFile: roots, Verify: secure.Required, VerifyHost: x.peer}
				}
				c.start()
				c.encrypt(secure.Line{Crt: ours, CAFile: roots, Verify: x.verify, VerifyHost: x.host, VerifyName: x.own})
				theirs, our := pipe("10.0.0.1")
				c.door.Accept(c.ctx, our)
				config := &tls.Config{InsecureSkipVerify: true}
				if x.cert != "" {
					pair, err := tls.LoadX509KeyPair(certs[x.cert], certs[x.cert])
					if err != nil {
						t.Fatal(err)
					}
					config.Certificates = []tls.Certificate{pair}
				}
				s := tls.Client(theirs, config)
				go func() {
					s.Write([]byte(hello("agg", "lb1")))
				}()
				status := make([]byte, 4)
				s.SetReadDeadline(time.Now().Add(time.Second))
				n, _ := s.Read(status)
				theirs.Close()
				settle()
				if got := string(status[:n]) == "200\n"; got != x.want {
					t.Errorf("welcome: %v (%q), want %v\nlog:\n%s", got, status[:n], x.want, c.log)
				}
				if !x.want {
					c.logs(1, "the log says why", "connection refused")
				}
			})
		})
	}
}

// TestPlainAtTheDoor: a node that does not know of TLS is told apart from a hostile one, in words for its operator.
func TestPlainAtTheDoor(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		ca := securetest.New(t)
		c.config.Peers[0].Addr = ""
		c.start()
		c.encrypt(secure.Line{Crt: ca.Leaf(securetest.Leaf{})})
		c.knock("10.0.0.1").says(hello("agg", "lb1")).hears(time.Second)
		c.logs(1, "with the word to add", "connection refused", "does not speak TLS", "add 'ssl'")
		c.expect(c.section.Counters.BadHandshake.Load() == 1, "counted")
		silent := c.knock("10.0.0.1")
		_, closed := silent.hears(4900 * time.Millisecond)
		c.expect(!closed, "a handshake may take its time")
		_, closed = silent.hears(200 * time.Millisecond)
		c.expect(closed, "but not more than five seconds, hello included")
		c.expect(c.section.Counters.LateHello.Load() == 1, "counted as any late one")
	})
}
