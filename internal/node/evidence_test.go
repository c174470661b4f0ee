package node

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
	"tallystick/internal/wire"
)

// view is what is seen of a peer.
func (c *cluster) view(name string) PeerView { return c.section.Peer(name).View() }

func rowKey(i int) string { return fmt.Sprintf("\x0a\x01\x00%c", i) }

// TestCopies: a node that has learned another's rows is told from nodes that have equal rows by chance.
func TestCopies(t *testing.T) {
	number := func(i int) uint64 { return uint64(100 + i) }
	// each is what lb1 and lb2 have before we come to know them.
	for _, x := range []struct {
		why   string
		nodes func(c *cluster, lb1, lb2 *fakepeer.Node)
		want  string // whose rows lb2 has told
	}{
		{"learned from each other", func(c *cluster, lb1, lb2 *fakepeer.Node) {
			for i := range 40 {
				lb1.Touch("web", rowKey(i), to(number(i)))
				lb2.Learn("web", rowKey(i), to(number(i)))
			}
		}, "lb1"},
		{"learned, but most are not the other's", func(c *cluster, lb1, lb2 *fakepeer.Node) {
			for i := range 40 {
				lb1.Touch("web", rowKey(i), to(number(i)))
				lb2.Learn("web", rowKey(i), to(number(i)+uint64(asInt(i > 17))))
			}
		}, ""},
		{"equal, but each has counted for itself", func(c *cluster, lb1, lb2 *fakepeer.Node) {
			for i := range 40 {
				lb1.Touch("web", rowKey(i), to(number(i)))
				lb2.Touch("web", rowKey(i), to(number(i)))
			}
		}, ""},
		{"small counts are equal by chance", func(c *cluster, lb1, lb2 *fakepeer.Node) {
			for i := range 40 {
				lb1.Touch("web", rowKey(i), to(uint64(1+i%31)))
				lb2.Learn("web", rowKey(i), to(uint64(1+i%31)))
			}
		}, ""},
		{"one number everywhere is a test's", func(c *cluster, lb1, lb2 *fakepeer.Node) {
			for i := range 40 {
				lb1.Touch("web", rowKey(i), to(500))
				lb2.Learn("web", rowKey(i), to(500))
			}
		}, ""},
		{"a few are too few", func(c *cluster, lb1, lb2 *fakepeer.Node) {
			for i := range copyRows - 1 {
				lb1.Touch("web", rowKey(i), to(number(i)))
				lb2.Learn("web", rowKey(i), to(number(i)))
			}
		}, ""},
	} {
		for _, last := range []string{"lb1", "lb2"} { // whose lesson is heard last
			t.Run(strings.ReplaceAll(x.why, " ", "-")+"/"+last, func(t *testing.T) {
				bubble(t, "lb1 lb2", func(c *cluster) {
					lb1, lb2 := c.newNode(100, "lb1", "", tables()...), c.newNode(200, "lb2", "", tables()...)
					x.nodes(c, lb1, lb2)
					c.start()
					first := lb1
					if last == "lb1" {
						first = lb2
					}
					first.Start()
					wait(10 * time.Second)
					c.nodes[last].Start()
					calm()
					c.view("lb2") // whoever looks makes it look again
					got := ""
					if v := c.view("lb2").Copied; v != nil {
						got = v.From
						c.expect(v.Rows == 40 && v.Compared == 40 && v.Table == "web" && len(v.Key) == 4, fmt.Sprintf("how many, and where: %+v", v))
					}
					c.expect(got == x.want, fmt.Sprintf("%s: rows are those of %q, want %q", x.why, got, x.want))
					c.expect(c.view("lb1").Copied == nil, "who has counted for himself has copied nothing")
				})
			})
		}
	}
}

// TestOwnPastIsNoCopy: a node that reloads has learned its rows from itself. They are no news, even if another has equal
// ones of the same moment.
func TestOwnPastIsNoCopy(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.start()
		lb1, lb2 := c.node("lb1", tables()...), c.node("lb2", tables()...)
		calm()
		for i := range 40 {
			lb1.Touch("web", rowKey(i), to(uint64(100+i)))
			lb2.Touch("web", rowKey(i), to(uint64(100+i)))
		}
		settle()
		lb2.Restart(fakepeer.Reload)
		calm()
		c.expect(c.view("lb2").Copied == nil, "what it has counted itself is its own")
	})
}

// TestCopiesAmongOthers: a third node that has other numbers for the same keys, and is heard first, does not hide them.
func TestCopiesAmongOthers(t *testing.T) {
	for _, order := range []string{"lb3 lb2 lb1", "lb1 lb3 lb2", "lb2 lb3 lb1"} {
		bubble(t, "lb1 lb2 lb3", func(c *cluster) {
			nodes := map[string]*fakepeer.Node{}
			for i, name := range []string{"lb1", "lb2", "lb3"} {
				nodes[name] = c.newNode(100*(i+1), name, "", tables()...)
			}
			for i := range 40 {
				nodes["lb1"].Touch("web", rowKey(i), to(uint64(100+i)))
				nodes["lb2"].Learn("web", rowKey(i), to(uint64(100+i)))
				nodes["lb3"].Touch("web", rowKey(i), to(uint64(300+i)))
			}
			c.start()
			for name := range strings.FieldsSeq(order) {
				nodes[name].Start()
				wait(6 * time.Second)
				c.view("lb2")
			}
			v := c.view("lb2").Copied
			c.expect(v != nil && v.From == "lb1" && v.Rows == 40 && v.Compared == 40, fmt.Sprintf("%s: %+v", order, v))
		})
	}
}

// TestReplicasMayBeEqual: members of a group report the same by their nature.
func TestReplicasMayBeEqual(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Peers[0].Group, c.config.Peers[1].Group = "g", "g"
		lb1, lb2 := c.newNode(100, "lb1", "", tables()...), c.newNode(200, "lb2", "", tables()...)
		for i := range 40 {
			lb1.Touch("web", rowKey(i), to(uint64(100+i)))
			lb2.Learn("web", rowKey(i), to(uint64(100+i)))
		}
		c.start()
		lb1.Start()
		lb2.Start()
		calm()
		c.view("lb2")
		c.expect(c.view("lb2").Copied == nil, "that is what the group is for")
	})
}

// TestCopiesAreTakenBack: once a process gives a lesson that shows nothing of the kind.
func TestCopiesAreTakenBack(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		lb1, lb2 := c.newNode(100, "lb1", "", tables()...), c.newNode(200, "lb2", "", tables()...)
		for i := range 40 {
			lb1.Touch("web", rowKey(i), to(uint64(100+i)))
			lb2.Learn("web", rowKey(i), to(uint64(100+i)))
		}
		c.start()
		lb1.Start()
		wait(10 * time.Second)
		lb2.Start()
		calm()
		c.expect(c.view("lb2").Copied != nil, "they were seen")
		lb2.Cut()
		calm()
		c.expect(c.view("lb2").Copied != nil, "the same process has the same to tell, which is no news, and no proof that all is well")
		lb2.Restart(fakepeer.Reload)
		calm()
		c.expect(c.view("lb2").Copied == nil, "another process has learned what it was told already")
	})
}

// TestGaugesHandedBack: whether a node keeps conn_cur shows in the lesson of a process that has acked it.
func TestGaugesHandedBack(t *testing.T) {
	for _, x := range []struct {
		branch     string
		lost, kept int
	}{{"2.4", 0, 1}, {"2.6", 1, 0}} {
		bubble(t, "lb1 lb2", func(c *cluster) {
			c.start()
			lb1, lb2 := c.node("lb1", tables()...), c.version(x.branch, "lb2", tables()...)
			calm()
			lb1.Touch("web", alice, fakepeer.Set(stick.ConnCur, 3))
			lb1.Touch("web", bob, fakepeer.Set(stick.ConnCur, 0), to(1))
			wait(5 * time.Second)
			twin := func() Announced {
				for _, a := range c.view("lb2").Announced {
					if a.Name == "web.agg" {
						return a
					}
				}
				t.Fatal("the twin is announced")
				return Announced{}
			}
			a := twin()
			c.expect(a.Use == topology.Own && a.GaugesLost+a.GaugesKept == 0, fmt.Sprintf("before a lesson nothing is known: %+v", a))
			lb2.Cut()
			calm()
			a = twin()
			c.expect(a.GaugesLost == x.lost && a.GaugesKept == x.kept, fmt.Sprintf("%s: of one row with connections %d lost, %d kept: got %+v", x.branch, x.lost, x.kept, a))
		})
	}
}

// TestEvidenceOfAPeer: what a peer has announced, what it counts where it should not, keys that are
// too long, and how far a key has come.
func TestEvidenceOfAPeer(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.config.Rules.From, c.config.Rules.Any = []string{".src"}, false
		long := &stick.Schema{Name: "names.src", KeyType: stick.String, KeyLen: 33, Expire: 600000, Columns: []stick.Column{{Type: stick.HTTPReqCnt, Len: 1}}}
		short := *long
		short.Name, short.KeyLen = "names.agg", 9
		c.start()
		lb1 := c.node("lb1", long, &short, web("else"))
		calm()
		var got []string
		for _, a := range c.view("lb1").Announced {
			got = append(got, fmt.Sprint(a.Name, " ", a.Use, " ", a.Schema.KeyType))
		}
		c.expect(len(got) == 3, fmt.Sprintf("each table is known, whatever becomes of it: %q", got))
		lb1.Touch("names.src", "short", to(5))
		lb1.Touch("names.src", "much too long", to(5))
		settle()
		_, table := c.section.Table("names.agg")
		reach := func(key string) string { return fmt.Sprintf("%+v", c.section.Trace(table, []byte(key))) }
		c.expect(reach("short") == "[{Peer:lb1 Pushed:true Acked:true Known:true Long:false}]", "it was told and has said so: "+reach("short"))
		c.expect(reach("much too long") == "[{Peer:lb1 Pushed:false Acked:false Known:true Long:true}]", "it was not: "+reach("much too long"))
		f := c.view("lb1").Feeds[0].Long
		c.expect(f.Keys > 0 && string(f.Key) == "much too long" && !f.At.IsZero(), fmt.Sprintf("which key, and when: %+v", f))
		lb1.Touch("names.agg", "short", to(77))
		settle()
		for _, a := range c.view("lb1").Announced {
			if a.Name == "names.agg" {
				c.expect(a.Tracked == 1 && string(a.TrackedKey) == "short" && !a.TrackedAt.IsZero(), fmt.Sprintf("it has counted in the sum: %+v", a))
			}
		}
	})
}

// TestPartials: a peer that never has all to tell is told from one that was started cold.
func TestPartials(t *testing.T) {
	for branch, want := range map[string][]uint64{"": {1, 0, 0}, "never": {1, 2, 3}} {
		bubble(t, "lb1", func(c *cluster) {
			c.start()
			q := fakepeer.Version("")
			q.AlwaysPartial = branch == "never"
			n := fakepeer.New(fakepeer.Config{Name: "lb1", Peer: "agg", PID: 7, Tables: tables(), Quirks: q, Dial: c.caller("lb1")})
			c.answer("lb1", func(context.Context) (net.Conn, error) { return nil, errTest })
			c.mu.Lock()
			c.nodes["lb1"] = n
			c.mu.Unlock()
			n.Start()
			for i, w := range want {
				wait(30 * time.Second)
				got := c.view("lb1").Partials
				c.expect(got == w || branch == "" && i == 0 && got == 0, fmt.Sprintf("%q, session %d: %d sessions in a row, want %d", branch, i, got, w))
				n.Cut()
			}
		})
	}
}

// TestTablesWithTheAnswer: a node that has nothing to learn answers our call and announces its tables in one breath.
func TestTablesWithTheAnswer(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.answer("lb1", func(context.Context) (net.Conn, error) {
			theirs, ours := pipe("10.0.0.1")
			go func() {
				theirs.Read(make([]byte, wire.MaxHello))
				theirs.Write(wire.AppendDefinition(wire.AppendStatus(nil, 200), 1, web("web")))
				io.Copy(io.Discard, theirs)
			}()
			return ours, nil
		})
		c.start()
		wait(time.Second)
		v := c.view("lb1")
		c.expect(v.Established && len(v.Lanes) == 1, "the table counts")
		c.expect(len(v.Announced) == 1 && v.Announced[0].Name == "web", "and is not forgotten with those of the last session: lint would miss it")
	})
}

// TestAnnouncedIsBounded: a peer can announce tables without end.
func TestAnnouncedIsBounded(t *testing.T) {
	var e evidence
	for i := range 1000 {
		e.announce(web(fmt.Sprint("t", i)), topology.Ignored)
	}
	if len(e.announced) != maxAnnounced {
		t.Errorf("%d tables are remembered, at most %d are", len(e.announced), maxAnnounced)
	}
}

// TestRefusalsAreRemembered: the most recent of those who were refused, by name, address and reason.
func TestRefusalsAreRemembered(t *testing.T) {
	bubble(t, "lb1", func(c *cluster) {
		c.start()
		c.newNode(700, "lb7", "", tables()...).Start()
		wait(21 * time.Second) // it comes again every five
		list := c.section.Refusals()
		c.expect(len(list) == 1, fmt.Sprintf("one name: %+v", list))
		r := list[0]
		c.expect(r.Name == "lb7" && r.Called == "agg" && r.From == "10.0.0.7" && r.Kind == RefusedUnknown && r.Times >= 4 && r.Last.After(r.First) &&
			r.Line == "peer lb7 10.0.0.7:PORT" && strings.Contains(r.Text, "no line admits"), fmt.Sprintf("who, whom, from where, why, and the line: %+v", r))
	})
	var b refusals
	for _, at := range []int64{0, 5, 10, 100, 105} {
		b.note(time.Unix(at, 0), &greeting{}, nil, errTest)
	}
	if r := b.all()[0]; r.Times != 2 || r.First.Unix() != 100 {
		t.Errorf("who has given up and comes again begins anew: %+v", r)
	}
	b = refusals{}
	come := func(name string, at int) {
		g := greeting{}
		g.hello.Caller = name
		b.note(time.Unix(int64(at), 0), &g, nil, errTest)
	}
	for i := range 100 {
		come(fmt.Sprint("n", i), i)
		come("always", i)
	}
	if list := b.all(); len(list) != maxRefusals || list[0].Name != "always" || list[1].Name != "n69" || list[maxRefusals-1].Name != "n99" {
		t.Errorf("whoever has not come for longest makes room: %d, %v ... %v", len(list), list[0].Name, list[len(list)-1].Name)
	}
}

var errTest = fmt.Errorf("refused")
