package fakepeer

import (
	"context"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

const client = "\xc0\x00\x02\x01" // 192.0.2.1

func web() *stick.Schema {
	return &stick.Schema{Name: "web", KeyType: stick.IPv4, KeyLen: 4, Expire: 60000, Columns: []stick.Column{
		{Type: stick.ConnCur, Len: 1}, {Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 10000}}}
}

// pair makes two nodes, each the peer of the other, of which a calls b.
func pair(qa, qb Quirks) (a, b *Node) {
	b = New(Config{Name: "b", Peer: "a", PID: 200, Tables: []*stick.Schema{web()}, Quirks: qb})
	a = New(Config{Name: "a", Peer: "b", PID: 100, Tables: []*stick.Schema{web()}, Quirks: qa,
		Dial: func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go b.Accept(theirs)
			return ours, nil
		}})
	return a, b
}

func startPair(t *testing.T, qa, qb Quirks) (a, b *Node) {
	a, b = pair(qa, qb)
	b.Start()
	a.Start()
	t.Cleanup(b.Stop)
	t.Cleanup(a.Stop)
	synctest.Wait()
	return a, b
}

// reads fails the test unless n reads want for the client's requests.
func reads(t *testing.T, n *Node, want uint64, why string) {
	t.Helper()
	if v, ok := n.Read("web", client, stick.HTTPReqCnt); v != want || !ok {
		t.Errorf("node %s reads %d, %v, want %d: %s", n.cfg.Name, v, ok, want, why)
	}
}

func TestPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := startPair(t, Quirks{}, Quirks{})
		if s := a.Stats(); !s.Up || s.Lessons != 1 || s.Confirmed != 1 || b.Stats().Lessons != 1 {
			t.Fatalf("%+v: both start hard, so both teach and confirm", s)
		}
		a.Touch("web", client, Add(stick.HTTPReqCnt, 3), Add(stick.HTTPReqRate, 3))
		synctest.Wait()
		reads(t, b, 3, "a change is pushed at once")
		if _, pushed, acked := a.Progress("web"); pushed != 1 || acked != 1 {
			t.Errorf("pushed %d, acked %d, want the one change in both", pushed, acked)
		}
		time.Sleep(21 * time.Second)
		if s := a.Stats(); s.Beats < 6 || s.Dead != 0 || s.Sessions != 1 {
			t.Errorf("%+v: heartbeats each 3 s keep an idle session", s)
		}
		a.Touch("web", client, Set(stick.HTTPReqCnt, 1))
		synctest.Wait()
		reads(t, b, 1, "values are absolute: they may fall")
		b.Touch("web", client, Add(stick.HTTPReqCnt, 4))
		synctest.Wait()
		reads(t, a, 5, "what was learned is counted on from")
		time.Sleep(61 * time.Second)
		if _, ok := b.Read("web", client, stick.HTTPReqCnt); ok {
			t.Error("an entry outlives its expire")
		}
	})
}

func TestReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := startPair(t, Quirks{}, Quirks{NoAcks: true})
		a.Touch("web", client, Add(stick.HTTPReqCnt, 1))
		synctest.Wait()
		before := b.Stats().Rx
		a.Cut()
		a.Touch("web", client, Add(stick.HTTPReqCnt, 1))
		time.Sleep(reconnect)
		synctest.Wait()
		reads(t, b, 2, "it calls again 5 s after its last call")
		a.Cut()
		time.Sleep(reconnect)
		synctest.Wait()
		if n := b.Stats().Rx - before; n != 2 || a.Stats().Sessions != 3 {
			t.Errorf("%d updates in two sessions, want the last one in each: none was acked", n)
		}
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := startPair(t, Quirks{}, Quirks{})
		a.Touch("web", client, Set(stick.HTTPReqCnt, 7), Set(stick.HTTPReqRate, 100))
		synctest.Wait()
		b.Clear("web", client)
		time.Sleep(2 * time.Second)
		a.Restart(Reload)
		synctest.Wait()
		reads(t, a, 7, "the new process has all entries")
		if v, _ := a.Read("web", client, stick.HTTPReqRate); v != 100 {
			t.Errorf("rate %d, want 100: its window goes on in the new process's clock", v)
		}
		if _, ok := b.Read("web", client, stick.HTTPReqCnt); ok {
			t.Error("and pushes none of them")
		}
		time.Sleep(time.Second)
		b.Restart(Hard) // it asks whoever comes within 5 s
		time.Sleep(reconnect)
		synctest.Wait()
		reads(t, b, 7, "but teaches them")
		a.Touch("web", client, Add(stick.HTTPReqCnt, 1))
		synctest.Wait()
		reads(t, b, 8, "and pushes one that is touched")
		a.Restart(Hard)
		synctest.Wait()
		reads(t, a, 8, "a hard restart learns from its peer")
	})
}

// While its request is not answered a node pushes nothing on that session.
func TestUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(Quirks{}, Quirks{})
		b.Misbehave(Faults{NoAnswer: true})
		b.Start()
		a.Start()
		defer a.Stop()
		defer b.Stop()
		synctest.Wait() // its own lesson is over: that one is not held back
		a.Touch("web", client, Add(stick.HTTPReqCnt, 1))
		time.Sleep(20 * time.Second)
		if s := b.Stats(); s.Rx != 0 || !s.Up {
			t.Errorf("%+v: an update came though the request was not answered", s)
		}
		b.Misbehave(Faults{})
		b.Send(wire.AppendControl(nil, wire.ResyncPartial))
		synctest.Wait()
		reads(t, b, 1, "PARTIAL is an answer")
	})
}

// A peer that says nothing is dropped after 5 to 10 s; one to whom there is something to
// push is not.
func TestDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := startPair(t, Quirks{}, Quirks{NoHeartbeat: true, NoAcks: true})
		for range 40 {
			a.Touch("web", client, Add(stick.HTTPReqCnt, 1))
			time.Sleep(500 * time.Millisecond)
		}
		if s := a.Stats(); s.Dead != 0 || s.Sessions != 1 {
			t.Errorf("%+v: dropped while there were updates to push", s)
		}
		time.Sleep(10*time.Second + time.Millisecond)
		if s := a.Stats(); s.Dead != 1 {
			t.Errorf("%+v: want one session dropped", s)
		}
		_ = b
	})
}

func TestMisbehaviour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := startPair(t, Quirks{}, Quirks{})
		b.Misbehave(Faults{NoRead: true})
		a.Touch("web", client, Add(stick.HTTPReqCnt, 1))
		time.Sleep(2 * time.Second)
		if v, _ := b.Read("web", client, stick.HTTPReqCnt); v != 0 {
			t.Error("it has read what it should have left")
		}
		b.Misbehave(Faults{ReadDelay: 10 * time.Millisecond})
		time.Sleep(time.Second)
		reads(t, b, 1, "it reads again, slowly")
		b.Misbehave(Faults{})
		a.Misbehave(Faults{Twice: true})
		rx := b.Stats().Rx
		a.Touch("web", client, Add(stick.HTTPReqCnt, 1))
		time.Sleep(time.Second)
		if n := b.Stats().Rx - rx; n != 2 {
			t.Errorf("%d updates, want the one twice", n)
		}
		a.Send([]byte{wire.ClassReserved, 0})
		synctest.Wait()
		if s := b.Stats(); s.Faults != 1 || s.Up {
			t.Errorf("%+v: raw bytes that make no sense end the session", s)
		}
	})
}

// HAProxy 3.3 and later ack incremental updates with swapped bytes: 5, 6, 7, 8 as seen.
func TestSwappedAcks(t *testing.T) {
	var acks []uint32
	n := New(Config{Name: "hap", Peer: "agg", Tables: []*stick.Schema{web()}, Quirks: Version("3.4")})
	l := &link{n: n, remote: map[uint32]*remote{}}
	b := wire.AppendDefinition(nil, 1, web())
	m, _, _ := wire.Next(b)
	if err := l.define(m); err != nil {
		t.Fatal(err)
	}
	full := wire.AppendUpdate(nil, 5, false, web(), &stick.Row{Key: []byte(client), Values: make([]uint64, 5)}, nil)
	for i := range 4 {
		m, _, _ := wire.Next(full)
		if i > 0 {
			m.Type, m.Payload = wire.UpdateIncremental, m.Payload[4:]
		}
		if err := l.learn(m, time.Now()); err != nil {
			t.Fatal(err)
		}
		l.ack()
		m, _, _ = wire.Next(l.out)
		_, id, _ := wire.ParseAck(m.Payload)
		acks, l.out = append(acks, id), nil
	}
	if want := []uint32{5, 0x06000000, 0x01000006, 0x07000001}; !slices.Equal(acks, want) {
		t.Errorf("acks %08x, HAProxy 3.4.0 sent %08x", acks, want)
	}
}

// Any status but 200 silences HAProxy for ever; after 502 it will announce 2.0.
func TestStatus(t *testing.T) {
	for _, c := range []struct {
		status string
		calls  int
		minor  int
	}{{"503\n", 1, 1}, {"502\n", 1, 0}, {"", 4, 1}} {
		synctest.Test(t, func(t *testing.T) {
			n := New(Config{Name: "hap", Peer: "agg", Dial: func(context.Context) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					_, _ = theirs.Read(make([]byte, 100))
					_, _ = theirs.Write([]byte(c.status))
					theirs.Close()
				}()
				return ours, nil
			}})
			n.Start()
			defer n.Stop()
			time.Sleep(3*reconnect + time.Second)
			if s := n.Stats(); s.Calls != c.calls || n.minor != c.minor {
				t.Errorf("after %q: %d calls in 16 s, then 2.%d, want %d, 2.%d", c.status, s.Calls, n.minor, c.calls, c.minor)
			}
		})
	}
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		name            string
		age, curr, prev uint64
		want            uint64
	}{
		{"window begins: all of the one before", 0, 100, 100, 200},
		{"half of it", 5000, 100, 100, 150},
		{"one window over", 15000, 100, 100, 50},
		{"two windows over", 20000, 100, 100, 0},
		{"never used", 4294953937, 0, 0, 0},
		{"a single old event is shown", 15000, 1, 0, 1},
	} {
		const now = 1 << 20
		r := rate{uint64(uint32(now - c.age)), c.curr, c.prev}
		if got := r.read(now, 10000); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	r := rate{0, 0, 0}
	for now := uint32(100000); now < 110000; now += 1000 {
		r.count(now, 10000, 2)
	}
	r.count(110000, 10000, 2)
	if got := r.read(110000, 10000); got != 22 {
		t.Errorf("2 events a second for 10 s and 2 more read %d, want 22", got)
	}
}
