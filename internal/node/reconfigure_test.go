package node

import (
	"slices"
	"testing"
	"time"

	"tallystick/internal/secure"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// again gives the section another configuration, as a reload does.
func (c *cluster) again(change func(*Config)) (changes []string) {
	peers := slices.Clone(c.config.Peers)
	config := c.config
	config.Peers = peers
	change(&config)
	c.config = config
	changes = c.section.Reconfigure(config)
	settle()
	return changes
}

// sessions is how many sessions each peer has had: who does not notice has one.
func (c *cluster) sessions(name string) int { return c.section.Peer(name).View().Sessions }

// TestReconfigurePeers: who comes and who goes, and that nobody else notices.
func TestReconfigurePeers(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		changes := c.again(func(*Config) {})
		c.expect(len(changes) == 0, "the same again changes nothing")
		c.expect(c.sessions("lb1") == 1 && c.sessions("lb2") == 1, "and nobody notices")

		changes = c.again(func(n *Config) { n.Peers = append(n.Peers, PeerConfig{Name: "lb3", Addr: "lb3"}) })
		c.expect(len(changes) == 1, "a peer more")
		lb3 := c.node("lb3", tables()...)
		lb3.Touch("web", alice, to(5))
		calm()
		c.shows("lb1", alice, 35, "it counts")
		c.shows("lb3", alice, 35, "and reads the sum, without another warm-up")

		c.again(func(n *Config) {
			n.Peers = slices.DeleteFunc(n.Peers, func(p PeerConfig) bool { return p.Name == "lb2" })
		})
		c.shows("lb1", alice, 15, "whoever is taken out takes its share along at once")
		c.expect(c.section.Peer("lb2") == nil, "nothing is kept of it")
		c.logs(1, "its session has ended", "peer left", "peer=lb2", "taken out of the configuration")
		wait(6 * time.Second)
		c.logs(1, "and it is refused when it calls again", "no line admits 'lb2'")
		c.expect(c.sessions("lb1") == 1 && c.sessions("lb3") == 1, "the others have not noticed")

		c.again(func(n *Config) { n.Peers = append(n.Peers, PeerConfig{Name: "lb2", Addr: "lb2"}) })
		calm()
		c.shows("lb1", alice, 35, "back again")
	})
}

// TestReconfigureNames: sums that are called otherwise are made of the shares that are there.
func TestReconfigureNames(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Rules = topology.Rules{From: []string{".v1", ".v2"}, To: ".agg"}
		c.start()
		for i, name := range []string{"lb1", "lb2"} {
			c.node(name, web("web.v1"), web("web.v2"), web("web.agg"), web("web.sum")).Touch("web.v1", alice, requests(uint64(10+i))...)
			c.nodes[name].Touch("web.v2", alice, requests(100)...)
		}
		calm()
		c.reads("lb1", "web.agg", alice, stick.HTTPReqCnt, 221, "both tables of both nodes")
		received := c.section.Counters.Updates.Load()

		c.again(func(n *Config) { n.Rules.To = ".sum" })
		c.reads("lb1", "web.sum", alice, stick.HTTPReqCnt, 221, "another suffix: the same sum under another name")
		c.expect(c.section.Counters.Updates.Load() == received, "nobody had to be asked")
		c.expect(c.section.tables.find("web.agg") == nil, "the old one is gone")

		c.again(func(n *Config) { n.Rules = topology.Rules{From: []string{".v2"}, To: ".agg"} })
		c.reads("lb2", "web.agg", alice, stick.HTTPReqCnt, 200, "only one of the two feeds it now: the sum is made of its shares")
		c.expect(c.section.tables.find("web.sum") == nil, "what nobody feeds is gone")

		c.again(func(n *Config) { n.Rules = topology.Rules{From: []string{".v2", ".v1"}, To: ".agg"} })
		c.reads("lb2", "web.agg", alice, stick.HTTPReqCnt, 221, "a table that was not wanted before is asked for")
		c.expect(c.sessions("lb1") == 1 && c.sessions("lb2") == 1, "in the same sessions")

		c.again(func(n *Config) { n.Rules.NoFeedback = true })
		c.nodes["lb1"].Touch("web.v1", alice, requests(1)...)
		settle()
		c.reads("lb1", "web.agg", alice, stick.HTTPReqCnt, 221, "no-feedback: nodes hear no more")
		c.again(func(n *Config) { n.Rules.NoFeedback = false })
		c.reads("lb1", "web.agg", alice, stick.HTTPReqCnt, 222, "until they do again")
	})
}

// TestReconfigureLines: what a line says of a peer holds from now on, for the session that there is as well.
func TestReconfigureLines(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		c.again(func(n *Config) { n.Peers[0].Allow = prefixes("10.0.0.0/24") })
		c.expect(c.sessions("lb1") == 1, "it may come from where it comes: it stays")
		c.again(func(n *Config) { n.Peers[0].Allow = prefixes("10.9.0.0/24"); n.Peers[0].Addr = "" })
		c.expect(!c.section.Peer("lb1").Connected(), "it may not: it goes")
		c.shows("lb2", alice, 30, "its share stays, as that of any peer that is lost")
		wait(11 * time.Second)
		c.logs(1, "and is not let in again", "may not come from 10.0.0.1")
		c.again(func(n *Config) { n.Peers[0].Allow = nil })
		calm()
		c.shows("lb1", alice, 30, "until it may")

		c.again(func(n *Config) { n.Peers[1].TLS = &secure.Line{VerifyHost: "lb2.example.com"} })
		c.expect(!c.section.Peer("lb2").View().Established, "a session that has proved nothing ends when proof is asked for")
		c.again(func(n *Config) { n.MaxEntries = 7 })
		c.expect(c.section.Budget().Max() == 7, "limits are set anew")
	})
}

// TestReconfigureToDynamic: a peer whose line goes where dynamic peers may come is one of those from then on.
func TestReconfigureToDynamic(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Dynamic = &Dynamic{Max: 10}
		c.pair("")
		wait(10 * time.Second)
		c.again(func(n *Config) { n.Peers = n.Peers[:1] })
		c.expect(c.section.Peer("lb2") == nil || !c.section.Peer("lb2").dynamic(), "its line is gone, and it with it")
		calm()
		c.expect(c.section.Peer("lb2").dynamic(), "it comes back without one")
		c.shows("lb1", alice, 30, "and counts")
		c.again(func(n *Config) { n.Dynamic = nil })
		c.expect(c.section.Peer("lb2") == nil, "until nobody may come without a line")
		c.shows("lb1", alice, 10, "and its share goes at once")
		c.again(func(n *Config) { n.Peers = append(n.Peers, PeerConfig{Name: "lb2", Addr: "lb2"}) })
		calm()
		c.shows("lb1", alice, 30, "a line lets it in again")
	})
}
