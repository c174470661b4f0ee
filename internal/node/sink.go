package node

import (
	"fmt"
	"slices"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// sink is the visit as its session's Sink: what the peer shall hear.
type sink visit

// Pull implements session.Sink: first what is taught back, then sums, table by table. A
// lesson is not held back.
func (v *sink) Pull(now time.Time, b *wire.Batch) bool {
	for len(v.restore) > 0 && !v.spared {
		if n := v.restore[0].pull(v.section.ms(now), b); n > 0 {
			v.given += n
			return true
		}
		v.restore = v.restore[1:]
	}
	v.link()
	ms := v.section.ms(now)
	if v.spared {
		v.passOver(now)
		return false
	}
	if v.teaching { // in order: sums first
		return !v.section.uncertain.Load() && slices.ContainsFunc(v.book.order, func(f *feed) bool { return v.pull(ms, f, b) })
	}
	if v.pace.rests(now) && !v.section.closing.Load() {
		return false // it speaks for something else, or for acks
	}
	if !v.section.uncertain.Load() {
		for range v.book.order {
			v.turn = (v.turn + 1) % len(v.book.order)
			if v.pull(ms, v.book.order[v.turn], b) {
				v.dry = false
				return true
			}
		}
	}
	v.dry = true
	return false
}

// pull fills b with what is due of one feed, and reports whether there was anything.
func (v *sink) pull(ms int64, f *feed, b *wire.Batch) bool {
	for v.mayHear(f) && f.Due() { // more than once only if no row of a batch can be sent
		n := f.Pull(ms, b)
		v.count(f, n)
		if n > 0 || b.Define {
			return true
		}
	}
	return false
}

// mayHear reports whether a table can be told already: a sum that lacks members' shares cannot.
func (v *sink) mayHear(f *feed) bool { return f.target.relayed || v.section.warmth.warm.Load() }

// listens reports whether the peer may have something to hear when rows change: it takes a
// table, and that can be told.
func (v *sink) listens() bool {
	return slices.ContainsFunc(v.book.order, func(f *feed) bool { return f.Announced() && f.Refused() == "" && v.mayHear(f) })
}

// told is how many changes of all its tables the peer has been told.
func (v *sink) told() (n uint64) {
	for _, f := range v.book.order {
		n += f.Read()
	}
	return n
}

func (v *sink) count(f *feed, n int) {
	f.target.told.Add(uint64(n))
	if n > 0 && f.Oldest != 0 {
		v.pushed = append(v.pushed, pushed{f.target, f.Oldest})
	}
	if !v.teaching {
		v.pace.rows += n + int(f.TooLong)
	}
	if f.TooLong == 0 {
		return
	}
	v.section.Counters.TooLongKeys.Add(f.TooLong)
	f.long = Long{Keys: f.long.Keys + f.TooLong, Key: f.LongKey, At: time.Now()}
	f.TooLong = 0
	v.section.gossip.once(fmt.Sprintf("long %s %p", v.peer.Name, f), time.Now(), func() {
		v.log.Warn("a key is too long for the peer's table and is not sent to it, since HAProxy would cut it and merge keys: give the table the same 'len' on all nodes",
			"table", f.target.name, "key", string(stick.AppendEscaped(nil, f.LongKey)))
	})
}

// Teach implements session.Sink.
func (v *sink) Teach(now time.Time, restore bool) {
	v.restore, v.given = nil, 0
	v.linked = 0
	v.link()
	if restore && v.peer.place().Restored {
		v.startRestore()
	}
	v.teaching = true
	for _, f := range v.book.order {
		if !v.spared {
			f.Teach()
		}
	}
	v.pace.forget()
}

// Taught implements session.Sink. Whoever is spared has a lesson without a row, which is PARTIAL: it asks the next.
func (v *sink) Taught(now time.Time) (done, restored, finished bool) {
	if v.spared {
		v.teaching, v.restore = false, nil
		return true, false, false
	}
	if len(v.restore) > 0 {
		return false, v.given > 0, false
	}
	for _, f := range v.book.order {
		if v.mayHear(f) && !f.Taught() {
			return false, v.given > 0, false
		}
	}
	v.teaching = false
	if v.given > 0 {
		v.log.Info("peer has lost its memory and was taught its own values back", "rows", v.given)
	}
	v.log.Debug("the peer was told all that we have", "restored", v.given, "complete", v.knowsAll())
	return true, v.given > 0, v.knowsAll()
}

// knowsAll reports whether the peer may take our lesson for complete: every member has been
// heard since our start, and what we have of the peer itself is not nothing.
func (v *sink) knowsAll() bool {
	if !v.section.warmth.warm.Load() || len(v.section.warmth.missing()) > 0 {
		return false // without our sums a lesson is none
	}
	if v.peer.place().Complete {
		return true
	}
	for _, l := range v.book.lanes {
		if l.lane.Contributions() > 0 {
			return true
		}
	}
	return false
}

// Acked implements session.Sink.
func (v *sink) Acked(table, id uint32) {
	for _, f := range v.book.order {
		if f.ID() == table {
			f.Acked(id)
		}
	}
}

// Confirmed implements session.Sink.
func (v *sink) Confirmed() {
	v.section.Counters.Taught.Add(1)
	if v.given > 0 {
		v.section.Counters.Restored.Add(1)
	}
	for _, f := range v.book.order {
		f.Confirmed()
	}
}

// Resume implements session.Sink.
func (v *sink) Resume() {
	for _, f := range v.book.order {
		f.Resume()
	}
	v.pace.forget()
}
