package table

import (
	"math/rand/v2"
	"testing"

	"tallystick/internal/stick"
)

// haproxyCounter is a frequency counter as a node keeps it (peers protocol, "The three
// numbers and the read formula"): written from that text, not from the code under test.
type haproxyCounter struct {
	start      int64
	curr, prev uint64
}

func (c *haproxyCounter) event(now, period int64) {
	if now-c.start < period {
		c.curr++
		return
	}
	c.prev, c.curr, c.start = c.curr, 1, c.start+period
	if now-c.start >= period {
		c.prev, c.start = 0, now&^1
	}
}

func (c haproxyCounter) read(now, period int64) uint64 {
	remain := c.start + period - now
	curr, prev := c.curr, c.prev
	if remain < 0 {
		if remain += period; remain >= 0 {
			prev, curr = curr, 0
		} else {
			prev, curr = 0, 0
		}
	}
	if curr == 0 && prev <= 1 {
		return prev
	}
	return (prev*uint64(remain) + curr*uint64(period)) / uint64(period)
}

// rateNode is a node with one counter, and what has arrived of it.
type rateNode struct {
	lane    *Lane
	own     haproxyCounter
	busy    int            // events per 1000 steps
	arrived haproxyCounter // as sent, later by its delay
	flying  haproxyCounter
	lands   int64 // when; 0: nothing under way
	age     int64
}

// rateWorld is some nodes, a table and a receiver that holds one triple.
type rateWorld struct {
	*fixture
	rand   *rand.Rand
	period int64
	nodes  []*rateNode
	reader *Reader
	heard  haproxyCounter
}

func newRateWorld(t *testing.T, seed uint64) *rateWorld {
	w := &rateWorld{fixture: newFixture(t), rand: rand.New(rand.NewPCG(seed, 2))}
	w.period = []int64{2000, 10_000, 60_000}[seed%3]
	w.now += int64(w.rand.IntN(1 << 20))
	w.reader = w.table.NewReader()
	s := schema(0, stick.Column{Type: stick.HTTPReqRate, Period: uint32(w.period)})
	for range 2 + w.rand.IntN(4) {
		w.nodes = append(w.nodes, &rateNode{lane: w.lane(s), own: haproxyCounter{start: w.now}})
	}
	return w
}

// traffic makes up how busy each node is from now on: some not at all.
func (w *rateWorld) traffic() {
	for _, n := range w.nodes {
		n.busy = w.rand.IntN(4) * w.rand.IntN(100)
	}
}

// step lets a hundredth of a period pass: events, updates under way, the table, the receiver.
func (w *rateWorld) step(silent bool) {
	for range 10 {
		w.now += w.period / 1000
		for _, n := range w.nodes {
			if !silent && w.rand.IntN(1000) < n.busy {
				n.own.event(w.now, w.period)
				if n.lands == 0 { // what is behind it has to wait
					n.flying, n.age = n.own, w.now-n.own.start
					n.lands = w.now + 1 + w.rand.Int64N(w.period/200)
				}
			}
			w.land(n)
		}
	}
	w.table.Advance(w.now)
	w.receive()
}

// land delivers an update whose time has come. Its age is that of its sending, so that the
// window seems younger by the time under way.
func (w *rateWorld) land(n *rateNode) {
	if n.lands == 0 || w.now < n.lands {
		return
	}
	n.arrived = n.flying
	n.arrived.start = (w.now - n.age) &^ 1
	w.apply(n.lane, 0, reported("k", stick.Forever, uint64(n.age), n.flying.curr, n.flying.prev))
	n.lands = 0
	if n.own != n.flying {
		n.flying, n.age, n.lands = n.own, w.now-n.own.start, w.now+1
	}
}

// receive takes what is due to the receiver, as HAProxy does.
func (w *rateWorld) receive() {
	for _, r := range w.drainRows(w.reader, 0) {
		age := int64(r.Values[0])
		if age >= 2*w.period {
			w.t.Fatalf("an age of %d in periods of %d: the receiver would take the counter for unused", age, w.period)
		}
		w.heard = haproxyCounter{(w.now - age) &^ 1, r.Values[1], r.Values[2]}
	}
}

// check compares the reading of the receiver with the sum of what the nodes themselves would
// read, of all that has arrived. Each reading is rounded down, one event of debt may be
// left, and windows end up to two ticks late.
func (w *rateWorld) check(when string) {
	w.t.Helper()
	var want, late uint64
	for _, n := range w.nodes {
		want += n.arrived.read(w.now, w.period)
		late += max(n.arrived.curr, n.arrived.prev) * 130 / uint64(w.period)
	}
	got := w.heard.read(w.now, w.period)
	allowed := uint64(len(w.nodes)) + 1 + late
	if got > want+allowed || want > got+allowed {
		w.t.Fatalf("%s, period %d: the receiver reads %d, the nodes %d together (%d allowed); it holds %+v at age %d",
			when, w.period, got, want, allowed, w.heard, w.now-w.heard.start)
	}
	if of := stick.Reading(uint64(w.now-w.heard.start), w.heard.curr, w.heard.prev, uint64(w.period)); of != got {
		w.t.Fatalf("Reading says %d of %+v, the formula %d", of, w.heard, got)
	}
}

// TestRates: a receiver of the sum reads what the nodes read together, under traffic, while
// it dies away, and when there has been none for so long that nothing is left.
func TestRates(t *testing.T) {
	for seed := range uint64(60) {
		w := newRateWorld(t, seed)
		for range 6 {
			w.traffic()
			for range 50 + w.rand.IntN(250) {
				w.step(false)
				w.check("under traffic")
			}
			for range w.rand.IntN(260) {
				w.step(true)
				w.check("in silence")
			}
		}
	}
}

// TestRatesOfLongAgo: a row may live for weeks between two updates, while the low bits of
// the clock, in which windows are kept, run half around and around.
func TestRatesOfLongAgo(t *testing.T) {
	for _, ms := range []int64{1000, 1 << 29, 1<<30 + 1000, 1<<31 - 2000, 1<<31 + 2000, 3 << 30, 1<<32 + 2000} {
		f := newFixture(t)
		f.now &^= 1
		l := f.lane(schema(0, reqs, rate10s))
		f.apply(l, 0, reported("k", stick.Forever, 1, 0, 0, 0))
		f.now += ms
		f.table.Advance(f.now)
		f.apply(l, 0, reported("k", stick.Forever, 2, 4000, 5, 6))
		f.want("as reported", "k", "[2 4000 5 6]")
		f.now += 4000
		f.want("and four seconds older", "k", "[2 8000 5 6]")
	}
}

// TestNoWindowBefore: what is new everywhere ends at the mean of its windows.
func TestNoWindowBefore(t *testing.T) {
	f := newFixture(t)
	f.now &^= 1
	a, b := f.lane(schema(0, rate10s)), f.lane(schema(0, rate10s))
	f.apply(a, 0, reported("k", stick.Forever, 1000, 30, 0))
	f.apply(b, 0, reported("k", stick.Forever, 5000, 10, 0))
	f.want("(30*1000 + 10*5000) / 40", "k", "[2000 40 0]")
}

// TestSteadyRatesAreQuiet: the end of a window is told if it bends what the receiver reads,
// and once.
func TestSteadyRatesAreQuiet(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(schema(0, rate10s)), f.lane(schema(0, rate10s))
	r := f.table.NewReader()
	due := func(why string, want int) {
		t.Helper()
		if got := f.drain(r, 0); len(got) != want {
			t.Errorf("%s: due are %v, want %d", why, got, want)
		}
	}
	f.apply(a, 0, reported("k", stick.Forever, 9000, 0, 50))
	f.apply(b, 0, reported("k", stick.Forever, 2000, 5, 5))
	due("news", 1)
	f.pass(1300)
	due("fifty before and none in it: that bends", 1)
	f.apply(a, 0, reported("k", stick.Forever, 9000, 5, 5))
	due("news", 1)
	f.pass(1300)
	due("as many as before, as in the other's: nothing bends", 0)
	f.pass(20_000)
	due("they end one after the other", 1)
}

// TestDebtStopsAtItsLimit: a debt that no number holds is not a small one.
func TestDebtStopsAtItsLimit(t *testing.T) {
	var r row
	for _, c := range []struct {
		events uint32
		want   uint8
	}{{0, 0}, {1, 1}, {253, 254}, {2, 255}, {1, 255}, {1<<32 - 1, 255}} {
		if r.owe(c.events); r.debt != c.want {
			t.Errorf("%d more: %d, want %d", c.events, r.debt, c.want)
		}
	}
	r.debt = 0
	if r.owe(1<<32 - 1); r.debt != 255 {
		t.Errorf("all at once: %d", r.debt)
	}
}
