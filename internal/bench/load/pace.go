package load

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
	"tallystick/internal/wire"
)

const (
	// tick is how often the pacer looks what is due: about as often as a HAProxy under load
	// wakes up to push. What falls due between two ticks leaves in one write.
	tick = time.Millisecond
	// backlog is how many bytes may wait for a socket. Beyond, what is due stays due: it is
	// encoded when there is room, and so the target's slowness shows as lag, not as memory.
	backlog = 256 << 10
	// turn bounds what one node does in one tick, in buffers, so that the others get theirs.
	turn = 16
)

// run is a load under way, guarded by Fleet.mu.
type run struct {
	on         bool
	rate       float64 // reports a second, of all nodes
	start, end time.Duration
	interval   time.Duration // between probes; 0: none
	first      uint64        // number of its first probe
	late       time.Duration // most that a tick came too late
}

// due is how many reports were due at that time, since the start of the run.
func (r *run) due(now time.Duration) uint64 {
	return uint64(r.rate * max(0, min(now, r.end)-r.start).Seconds())
}

// pace is the goroutine that writes for all nodes. It keeps its thread, since a thread's
// sleep is exact only if that is said of the thread: Go's own timers may be a millisecond late.
func (f *Fleet) pace() {
	runtime.LockOSThread()
	// Unlocked again in the end: a thread that ends takes children with it that it has
	// started before, by their Pdeathsig.
	defer runtime.UnlockOSThread()
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1000, 0, 0, 0) // ns; without it sleeps are 50 us too long
	for next := f.now(); ; next += tick {
		now := sleepUntil(f, next)
		f.mu.Lock()
		if f.closed {
			f.mu.Unlock()
			return
		}
		if f.run.on {
			f.run.late = max(f.run.late, now-next)
		}
		for _, n := range f.nodes {
			n.tick(now)
		}
		f.run.on = f.run.on && now < f.run.end
		f.mu.Unlock()
		next = max(next, now-tick) // ticks that were missed are not made up for: what is due is
	}
}

// sleepUntil returns when it is due, or at once, and tells the time. Signals of Go's own
// scheduler interrupt the sleep.
func sleepUntil(f *Fleet, due time.Duration) (now time.Duration) {
	for now = f.now(); now < due; now = f.now() {
		t := unix.NsecToTimespec(int64(due - now))
		unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &t, nil)
	}
	return now
}

// tick says what a node has to say now. Fleet.mu is held.
func (n *node) tick(now time.Duration) {
	if n.wrote != nil {
		return // its reader tells how the session ended
	}
	for range turn {
		if len(n.out)-n.at < backlog {
			n.answer(now)
			n.report(now)
		}
		n.flush()
		if n.at < len(n.out) || !n.bulk.on() {
			break
		}
	}
	if err := n.wrote; err != nil {
		n.f.wg.Go(func() { n.f.fail(n, fmt.Errorf("write: %w", err)) }) // fail takes the lock that we hold
	}
}

// answer says what the protocol wants said: thanks for a lesson, a lesson, acks, a sign of life.
func (n *node) answer(now time.Duration) {
	for ; n.thanks < n.ended.Load(); n.thanks++ {
		n.out = wire.AppendControl(n.out, wire.ResyncConfirm)
		n.learning.Store(false)
	}
	if n.answers < n.asks.Load() && !n.bulk.on() {
		n.define()
		n.bulk.begin(true, n.order.size)
	}
	if ack := n.pending.Load(); ack != n.ackSent {
		n.out = wire.AppendAck(n.out, uint32(ack>>32), uint32(ack))
		n.ackSent = ack
	}
	if now-n.quiet >= beat && n.at == len(n.out) {
		n.out = wire.AppendControl(n.out, wire.Heartbeat)
	}
}

// define announces both tables, as HAProxy does in each lesson. The one that is reported comes last:
// a definition also selects.
func (n *node) define() {
	c := &n.f.cfg
	if c.Twin != "" && c.Twin != c.Schema.Name {
		twin := *c.Schema
		twin.Name = c.Twin
		n.out = wire.AppendDefinition(n.out, twinID, &twin)
	}
	n.out = wire.AppendDefinition(n.out, sourceID, c.Schema)
}

// report encodes what is due, as much as there is room for.
func (n *node) report(now time.Duration) {
	switch {
	case n.bulk.on():
		n.reportBulk()
	case n.answers == n.confirms.Load() && n.f.run.on:
		// Not before the lesson is confirmed: a HAProxy pushes nothing until then.
		n.reportDue(now)
	}
}

// reportDue encodes this node's part of what the run wants by now.
func (n *node) reportDue(now time.Duration) {
	r := &n.f.run
	nodes := uint64(len(n.f.nodes))
	quota := (r.due(now) + nodes - 1 - uint64(n.number)) / nodes
	reported := uint64(0)
	for n.sent < quota && len(n.out)-n.at < backlog {
		slot := n.order.slots[n.cursor]
		if n.cursor++; n.cursor == len(n.order.slots) {
			n.cursor = 0
		}
		n.counts[slot]++
		n.update(wire.UpdateFull, n.order.key(slot, n.number), n.counts[slot])
		n.sent++
		reported++
	}
	// Probes come last: they wait behind all that was due with them.
	for n.number == 0 && r.interval > 0 && r.start+time.Duration(n.f.probes-r.first)*r.interval <= min(now, r.end) {
		p := n.f.probes
		n.update(wire.UpdateFull, uint32(n.f.cfg.Keys)+uint32(p%probeKeys), uint32(p/probeKeys)+1)
		n.f.probes++
		reported++
	}
	n.f.reported.Add(reported)
}

// update encodes one report.
func (n *node) update(typ byte, key, number uint32) {
	n.id++
	n.out = n.f.shape.appendUpdate(n.out, typ, n.id, n.f.life(), n.f.cfg.First+key, number)
}

// life is what entries of a lesson have left, in ms.
func (f *Fleet) life() uint32 {
	if f.cfg.Life > 0 {
		return uint32(f.cfg.Life.Milliseconds())
	}
	return f.cfg.Schema.Expire
}

// bulk is a report of every key of a node, as fast as its socket takes it: a lesson, or a
// round of updates.
type bulk struct {
	next, until int // slots
	teaching    bool
	open        bool // not said to its end
	lesson      bool // the next lesson makes all keys known
	begun       int  // how many there were before
	step        int  // from one slot to the next
}

// leap is a prime that is far from everything: with it each round but the first goes through the keys in
// another order than the one in which the target's memory was given out.
const leap = 1_000_003

func (b *bulk) on() bool { return b.open }

func (b *bulk) begin(teaching bool, slots int) {
	b.next, b.until, b.teaching, b.open, b.step = 0, slots, teaching, true, 1
	if b.begun > 0 && slots%leap != 0 {
		b.step = leap
	}
	b.begun++
}

// reportBulk encodes what there is room for. A lesson mentions all that the node has ever
// reported, or the target would take the rest for forgotten.
func (n *node) reportBulk() {
	b := &n.bulk
	reported := uint64(0)
	for ; b.next < b.until && len(n.out)-n.at < backlog; b.next++ {
		slot := uint32(b.next * b.step % b.until)
		if len(n.order.slots) == n.order.size {
			slot = n.order.slots[slot] // memory is not to be in the order of the keys
		}
		if !b.teaching || b.lesson && n.counts[slot] == 0 {
			n.counts[slot]++
			reported++
		}
		switch {
		case !b.teaching:
			n.update(wire.UpdateFull, n.order.key(slot, n.number), n.counts[slot])
		case n.counts[slot] > 0:
			n.update(wire.UpdateTimed, n.order.key(slot, n.number), n.counts[slot])
		}
	}
	n.f.reported.Add(reported)
	if b.next < b.until {
		return
	}
	b.open = false
	if !b.teaching {
		return
	}
	n.teachProbes()
	n.out = wire.AppendControl(n.out, wire.ResyncFinished)
	n.answers++
	b.lesson = false
}

// teachProbes mentions the keys of probes, too.
func (n *node) teachProbes() {
	for p := n.f.probes; n.number == 0 && p > 0 && p+probeKeys > n.f.probes; p-- {
		n.update(wire.UpdateTimed, uint32(n.f.cfg.Keys)+uint32((p-1)%probeKeys), uint32((p-1)/probeKeys)+1)
	}
}
