package node

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// ban says a value of alice in web.agg for a time.
func (c *cluster) ban(typ stick.DataType, value uint64, life time.Duration) {
	c.t.Helper()
	if err := c.section.Ban("web.agg", Ban{Key: []byte(alice), Type: typ, Value: value, Until: time.Now().Add(life)}); err != nil {
		c.t.Errorf("not banned: %v", err)
	}
	settle()
}

// bannable is web with a tag and short lives.
func bannable(name string) *stick.Schema {
	s := web(name)
	s.Expire = 8000
	s.Columns = append([]stick.Column{{Type: stick.GPT0, Len: 1}}, s.Columns...)
	return s
}

// banners are two nodes with such tables, of which lb1 has counted alice.
func (c *cluster) banners(branch string) {
	c.start()
	c.version(branch, "lb1", bannable("web"), bannable("web.agg"))
	c.version(branch, "lb2", bannable("web"), bannable("web.agg"))
	calm()
}

// steady fails the test unless a node reads want at each of many looks within d.
func (c *cluster) steady(node string, column stick.DataType, want uint64, d time.Duration, why string) {
	c.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); wait(170 * time.Millisecond) {
		if v, ok := c.nodes[node].Read("web.agg", alice, column); v != want || !ok {
			c.t.Errorf("%s reads %v: %d (there: %v), want %d: %s", node, column, v, ok, want, why)
			return
		}
	}
}

// TestBan: a ban bites on all nodes, for longer than the tables' expire and several periods of rates, ends by
// itself or at a word, and never touches what the nodes count themselves.
func TestBan(t *testing.T) {
	for _, branch := range branches {
		t.Run(branch, func(t *testing.T) {
			bubble(t, "lb1 lb2", func(c *cluster) {
				c.banners(branch)
				c.ban(stick.GPT0, 9, 35*time.Second)
				c.ban(stick.HTTPReqCnt, 1000, 45*time.Second)
				c.ban(stick.HTTPReqRate, 200, 40*time.Second)
				for node := range c.nodes {
					c.reads(node, "web.agg", alice, stick.GPT0, 9, "a key that nobody has reported can be banned")
					c.lacks(node, "web", alice, "what a node counts itself is never touched")
				}
				began := time.Now()
				c.steady("lb1", stick.HTTPReqRate, 200, 30*time.Second, "a banned rate neither rises nor decays, whatever its period")
				c.reads("lb2", "web.agg", alice, stick.GPT0, 9, "the table's entries live for 8 s: the ban for longer")
				wait(35500*time.Millisecond - time.Since(began))
				c.reads("lb2", "web.agg", alice, stick.GPT0, 0, "the tag's time is over")
				c.reads("lb2", "web.agg", alice, stick.HTTPReqRate, 200, "the rate's is not")
				wait(40*time.Second - time.Since(began))
				c.reads("lb1", "web.agg", alice, stick.HTTPReqRate, 0, "now it is, and at once")
				c.reads("lb1", "web.agg", alice, stick.HTTPReqCnt, 1000, "the counter's is not")
				wait(50*time.Second - time.Since(began))
				c.lacks("lb1", "web.agg", alice, "with the last ban the entry goes")
				c.expect(c.section.BanCount() == 0 && len(c.section.bans.lanes) == 0, "nothing is kept of them")
				c.logs(3, "the log tells that they are over", "bans are over")
			})
		})
	}
}

// TestBanAmongOthers: numbers are added to what nodes report, a tag wins over theirs, and beneath it theirs stay.
func TestBanAmongOthers(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.banners("")
		c.nodes["lb1"].Touch("web", alice, to(5), fakepeer.Set(stick.GPT0, 3))
		c.ban(stick.GPT0, 9, time.Hour)
		c.ban(stick.HTTPReqCnt, 1000, time.Hour)
		c.ban(stick.HTTPReqCnt, 100, time.Hour)
		c.shows("lb2", alice, 105, "a second ban of the same column replaces the first")
		c.reads("lb2", "web.agg", alice, stick.GPT0, 9, "the tag is the operator's")
		c.nodes["lb2"].Touch("web", alice, to(7), fakepeer.Set(stick.GPT0, 4))
		settle()
		c.shows("lb1", alice, 112, "nodes go on counting")
		c.reads("lb1", "web.agg", alice, stick.GPT0, 9, "whatever they set meanwhile")
		c.expect(c.section.Unban("web.agg", []byte(alice), &Ban{Type: stick.GPT0}) == 1, "one column can be freed")
		c.expect(c.section.Unban("web.agg", []byte(alice), &Ban{Type: stick.GPT0}) == 0, "once")
		settle()
		c.reads("lb1", "web.agg", alice, stick.GPT0, 4, "what lb2 set last is there")
		c.shows("lb1", alice, 112, "the counter is still banned")
		c.expect(c.section.Unban("web.agg", []byte(alice), nil) == 1, "or all that is left")
		settle()
		c.shows("lb2", alice, 12, "the smaller sum is told at once")
		c.reads("lb1", "web", alice, stick.HTTPReqCnt, 5, "and the nodes' own entries were never touched")
	})
}

// TestUnbanAlone: where nobody else counts the nodes are told zeros, and forget the key.
func TestUnbanAlone(t *testing.T) {
	for _, expire := range []uint32{8000, 0} {
		bubble(t, "lb1 lb2", func(c *cluster) {
			own, twin := bannable("web"), bannable("web.agg")
			own.Expire, twin.Expire = expire, expire
			c.start()
			c.node("lb1", own, twin)
			calm()
			c.ban(stick.HTTPReqCnt, 1000, time.Hour)
			wait(20 * time.Second)
			c.shows("lb1", alice, 1000, "in force")
			c.section.Unban("web.agg", []byte(alice), nil)
			settle()
			c.shows("lb1", alice, 0, "zeros, at once")
			wait(5 * time.Second)
			if expire > 0 {
				c.lacks("lb1", "web.agg", alice, "with a life of a second")
			}
			wait(15 * time.Second)
			c.expect(c.section.Budget().Used() == 0, "nothing is kept of it")
		})
	}
}

// TestBanOutlives: neither clear table, nor another definition, nor a reload, nor the loss of the table ends a ban.
func TestBanOutlives(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		for _, name := range []string{"lb1", "lb2"} {
			c.node(name, web("web"), web("web.agg"), web("web.sum"))
		}
		c.nodes["lb1"].Touch("web", alice, to(5))
		calm()
		c.ban(stick.HTTPReqCnt, 1000, time.Hour)
		c.ban(stick.HTTPReqRate, 70, time.Hour)

		name, sum := c.section.Table("web.agg")
		c.expect(name == "web.agg" && sum.Clear(c.section.Now(), []byte(alice)), "shares are cleared")
		c.section.Changed()
		settle()
		c.shows("lb2", alice, 1000, "clear table forgets what lb1 has reported, and no ban")
		c.nodes["lb1"].Touch("web", alice, to(6))
		settle()
		c.shows("lb2", alice, 1006, "until lb1 reports again")

		// Another definition: one more column in front, another period.
		other := bannable("web")
		other.Expire, other.Columns[3].Period = 600000, 4000
		twin := *other
		twin.Name = "web.agg"
		for _, name := range []string{"lb1", "lb2"} {
			sum := twin
			sum.Name = "web.sum"
			c.node(name, other, &twin, &sum)
		}
		calm()
		c.reads("lb2", "web.agg", alice, stick.HTTPReqCnt, 1006, "the table is laid out anew with the ban in it")
		c.steady("lb2", stick.HTTPReqRate, 70, 20*time.Second, "and its rate is renewed by the new period")

		c.again(func(n *Config) { n.Rules.To = ".sum" })
		c.reads("lb1", "web.sum", alice, stick.HTTPReqCnt, 1006, "after a reload the sum has another name, and the ban in it")
		c.expect(c.section.Bans()[0].Table == "web.sum", "it is listed under that name")
		c.again(func(n *Config) { n.Rules = topology.Rules{From: []string{".none"}, To: ".sum"} })
		c.expect(len(c.section.Tables()) == 0 && c.section.Budget().Used() == 0, "no table is left, nor a row of one")
		c.expect(c.section.Bans()[0].Idle != "", "the bans wait")
		c.again(func(n *Config) { n.Rules = topology.Rules{Any: true, To: ".sum"} })
		calm()
		c.reads("lb1", "web.sum", alice, stick.HTTPReqCnt, 1006, "and are in force when there is a table again")
		c.expect(c.section.Bans()[0].Idle == "" && c.section.BanCount() == 2, "as if nothing had been")
		c.expect(c.section.Unban("web.sum", []byte(alice), nil) == 2, "both can be ended")
		settle()
		c.reads("lb1", "web.sum", alice, stick.HTTPReqCnt, 6, "and it was not twice in the sum")
	})
}

// TestBanMoves: sums that are made anew of some of their shares have the bans from the beginning, or nodes would be told
// a sum without them.
func TestBanMoves(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Rules = topology.Rules{From: []string{".v1", ".v2"}, To: ".agg"}
		c.start()
		c.node("lb1", web("web.v1"), web("web.v2"), web("web.agg"), web("web.sum"))
		c.nodes["lb1"].Touch("web.v1", alice, to(5))
		c.nodes["lb1"].Touch("web.v2", alice, to(50))
		calm()
		c.ban(stick.HTTPReqCnt, 1000, time.Hour)
		c.config.Rules = topology.Rules{From: []string{".v2"}, To: ".sum"}
		c.section.Reconfigure(c.config)
		_, sum := c.section.Table("web.sum")
		sum.Get(c.section.Now(), []byte(alice), func(e *table.Entry) {
			c.expect(e.Values[1] == 1050, "the shares of one table moved to another, and the ban with them")
		})
		for _, o := range c.section.tables.owned(c.section.Peer("lb1")) {
			l := &lane{name: o.name, target: o.target, lane: o.lane}
			c.section.tables.drop(l)
		}
		b := c.section.Bans()
		c.expect(len(b) == 1 && b[0].Idle != "" && len(c.section.bans.lanes) == 0, "where a table goes its bans know it at once")
	})
}

// TestBanEndsInTime: a section in which nothing else happens wakes for the end of a ban.
func TestBanEndsInTime(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.config.Peers = append(c.config.Peers, PeerConfig{Name: "lb2"})
		c.start()
		c.node("lb1", tables()...)
		calm()
		for range 5 {
			c.ban(stick.HTTPReqCnt, 1000, 5300*time.Millisecond)
			wait(5*time.Second + 170*time.Millisecond - 20*time.Millisecond)
			c.expect(c.section.BanCount() == 0, "a tick after its end it is over")
			wait(1300 * time.Millisecond)
		}
	})
}

// TestBansAtTheSameTime: operators, reloads and nodes that come and go do not wait for each other for ever.
func TestBansAtTheSameTime(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		var all sync.WaitGroup
		for i := range 3 {
			key := []byte{10, 0, 0, byte(i)}
			all.Go(func() {
				for n := range 200 {
					for _, name := range []string{"web.agg", "web.sum"} { // one of the two is there
						_ = c.section.Ban(name, Ban{Key: key, Type: stick.HTTPReqRate, Value: uint64(n + 1), Until: time.Now().Add(time.Duration(n) * time.Millisecond)})
					}
					c.section.Bans()
					time.Sleep(time.Millisecond)
					if n%3 == 0 {
						c.section.Unban("web.agg", key, nil)
					}
				}
			})
		}
		all.Go(func() {
			for i := range 40 {
				config := c.config
				config.Rules.To = []string{".sum", ".agg"}[i%2]
				if i%5 == 0 {
					config.Rules = topology.Rules{From: []string{".none"}, To: ".agg"} // no table at all
				}
				c.section.Reconfigure(config)
				time.Sleep(5 * time.Millisecond)
			}
		})
		all.Go(func() {
			for range 4 {
				c.nodes["lb2"].Cut()
				time.Sleep(50 * time.Millisecond)
			}
		})
		all.Wait()
		c.section.Reconfigure(c.config)
		calm()
		c.expect(c.section.BanCount() == 0 && len(c.section.bans.lanes) == 0, "all are over in the end")
		c.shows("lb1", alice, 30, "and the sums are right")
		c.expect(c.section.Budget().Used() == 1, "with nothing left of them")
	})
}

// TestBanOfOtherKeys: a ban waits while the table has keys of another type.
func TestBanOfOtherKeys(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.start()
		c.node("lb1", tables()...)
		calm()
		c.ban(stick.HTTPReqCnt, 1000, time.Hour)
		six, twin := web("web"), web("web.agg")
		six.KeyType, six.KeyLen, twin.KeyType, twin.KeyLen = stick.IPv6, 16, stick.IPv6, 16
		c.node("lb1", six, twin)
		calm()
		b := c.section.Bans()
		c.expect(len(b) == 1 && strings.Contains(b[0].Idle, "another type"), "an address of IPv4 is no key of it")
		c.node("lb1", tables()...)
		calm()
		c.shows("lb1", alice, 1000, "until it has addresses of IPv4 again")
	})
}

// TestBanGoesUp: a ban is part of our sum like any other share: an aggregator above hears it, and with no-feedback nobody else does.
func TestBanGoesUp(t *testing.T) {
	bubble(t, "lb1 top2", func(c *cluster) {
		c.config.Peers[1].Role = topology.Up
		c.config.Rules.NoFeedback = true
		c.start()
		c.node("lb1", tables()...)
		c.node("top2", web("web.agg"))
		calm()
		c.ban(stick.HTTPReqCnt, 1000, time.Hour)
		c.shows("top2", alice, 1000, "it goes up")
		c.lacks("lb1", "web.agg", alice, "and not to nodes")
	})
}

// TestBanRefused: what makes no sense, and more than there may be.
func TestBanRefused(t *testing.T) {
	bubble(t, "lb1 top2", func(c *cluster) {
		c.config.Peers[1].Role = topology.Up
		c.config.Rules.Forward = []string{".all"}
		c.config.MaxEntries = maxBans + 2
		c.start()
		text := web("web")
		text.Columns = append(text.Columns, stick.Column{Type: stick.ServerKey, Len: 1})
		c.node("lb1", text, web("web.agg"))
		c.node("top2", web("web.all"))
		calm()
		good := Ban{Key: []byte(alice), Type: stick.HTTPReqCnt, Value: 1, Until: time.Now().Add(time.Hour)}
		for _, r := range []struct {
			why, table string
			change     func(*Ban)
			says       string
		}{
			{"no such table", "api.agg", func(*Ban) {}, "the table is gone"},
			{"one that comes from above", "web.all", func(*Ban) {}, "ban where it is summed"},
			{"nothing", "web.agg", func(b *Ban) { b.Value = 0 }, "a ban of 0 says nothing"},
			{"a text", "web.agg", func(b *Ban) { b.Type = stick.ServerKey }, "is a text"},
			{"the past", "web.agg", func(b *Ban) { b.Until = time.Now() }, "needs a time to live"},
		} {
			b := good
			r.change(&b)
			if err := c.section.Ban(r.table, b); err == nil || !strings.Contains(err.Error(), r.says) {
				t.Errorf("%s: got %v, want %q", r.why, err, r.says)
			}
		}
		for i := range maxBans {
			b := good
			b.Key = fmt.Appendf(nil, "%04d", i)
			if err := c.section.Ban("web.agg", b); err != nil {
				t.Fatal(i, err)
			}
		}
		err := c.section.Ban("web.agg", good)
		c.expect(err != nil && c.section.Counters.BansRefused.Load() == 1 && c.section.BanCount() == maxBans, "one too many is refused, and counted")
		b := good
		b.Key, b.Value = []byte("0007"), 2
		c.expect(c.section.Ban("web.agg", b) == nil, "one may be replaced all the same")
		c.section.Unban("web.agg", []byte("0007"), nil)
		c.nodes["lb1"].Touch("web", bob, to(1))
		c.nodes["lb1"].Touch("web", "\x01\x02\x03\x04", to(1))
		settle()
		err = c.section.Ban("web.agg", good)
		c.expect(err != nil && strings.Contains(err.Error(), "max-entries") && c.section.BanCount() == maxBans-1, "nor is one taken for which there is no row")
		found := false
		_, sum := c.section.Table("web.agg")
		sum.Get(c.section.Now(), []byte("0008"), func(e *table.Entry) { found = true })
		c.expect(found, "and no other one makes room for it")
	})
}
