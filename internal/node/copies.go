package node

import (
	"bytes"
	"slices"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// Copied is that rows which a peer told in a lesson were another's: the two replicate among
// themselves, and each counts what the other has counted.
type Copied struct {
	From           string // the peer whose they are
	Table          string // wire name of the source, at the one who told them
	Rows, Compared int    // that were the other's, of those that could have been
	Key            []byte // one of them
	Schema         *stick.Schema
}

// When two nodes have the same table among their own peers, each overwrites the other's rows with
// its own. What a node has learned so it tells nobody, but in a lesson: there its rows are
// the other's, number by number. A row is taken for a copy if
//
//   - it comes in a lesson, and by its id its owner has learned it and not counted it (stick.Row.Learned);
//   - the owner had not reported it so before: what it was taught of its own past is not news;
//   - another node's share of the key is the same in every counter, and one of them is at least copyLeast.
//
// Two nodes copy if copyRows rows of different numbers are copies, and half at least of those that might have been.
// Equal small counts are no copies, nor is one number everywhere, as a test makes it; and nodes that see the same traffic
// by halves, or are asked by the same probes, do not learn their rows from anybody but their own past. How long the two have to
// live says nothing: what is pushed again after a loss of a link lives anew, here and there.
const (
	copyLeast  = 32
	copyRows   = 16
	copySample = 64  // rows of each batch that are looked at
	copyMost   = 512 // and of a lesson

	copyWaits   = 64          // rows that wait for others to report the key
	copyWaitKey = 512         // their longest key
	copyPatient = time.Minute // for how long they wait
	copyOthers  = 64          // others that one is compared with
)

// comparison is what a lesson has shown so far.
type comparison struct {
	rows    int  // looked at
	over    bool // the lesson has ended: another begins anew. One that was cut off is gone on with
	others  map[*Peer]*resemblance
	waiting []waiting // rows that nobody has been found for: he may report them in his own lesson, a moment later
}

// waiting is a row that was nobody else's when it came.
type waiting struct {
	table string    // wire name
	row   stick.Row // a copy
	came  time.Time
	with  []*Peer // that it was compared with already
}

// resemblance is how much of a lesson was one other peer's.
type resemblance struct {
	copies, compared int
	numbers          map[uint64]struct{} // different ones among the copies
	table            string
	key              []byte
	schema           *stick.Schema
}

// checkCopies compares rows of a lesson with other nodes' shares, before they are applied.
func (v *source) checkCopies(now time.Time, h *heard, rows []stick.Row) {
	place := v.peer.place()
	if h.use != topology.Source || !place.Declares {
		return
	}
	n := 0
	for i := range rows {
		r := &rows[i]
		if n >= copySample || v.book.seen.compared.rows >= copyMost {
			return
		}
		if !r.Learned {
			continue
		}
		n++
		v.book.seen.compared.rows++
		var with []*Peer
		done := false
		h.lane.target.table.Get(v.section.ms(now), r.Key, func(e *table.Entry) {
			done = v.reported(h, r, e) || v.compareRow(h, r, e, &with)
		})
		if !done && len(v.book.seen.compared.waiting) < copyWaits && len(r.Key) <= copyWaitKey {
			c := *r
			c.Key, c.Values, c.Text = bytes.Clone(r.Key), slices.Clone(r.Values), ""
			v.book.seen.compared.waiting = append(v.book.seen.compared.waiting, waiting{h.name, c, now, with})
		}
	}
}

// compareAgain compares rows that were nobody's when they came.
func (v *source) compareAgain(now time.Time) {
	c := &v.book.seen.compared
	if len(c.waiting) == 0 || !v.finished {
		return
	}
	left := c.waiting[:0]
	for _, w := range c.waiting {
		if !v.compareLater(now, &w) {
			left = append(left, w)
		}
	}
	clear(c.waiting[len(left):])
	c.waiting = left
	v.book.seen.found(v.hello.PID)
}

// compareLater compares one row with those who have come since, and reports whether it need
// not be kept.
func (v *source) compareLater(now time.Time, w *waiting) (done bool) {
	i, here := v.byName[w.table]
	if now.Sub(w.came) > copyPatient || here && v.heard[i].lane == nil {
		return true
	}
	if !here {
		return false // not yet
	}
	h := &v.heard[i]
	r := w.row
	h.lane.target.table.Get(v.section.ms(now), r.Key, func(e *table.Entry) {
		done = !v.reported(h, &r, e) || v.compareRow(h, &r, e, &w.with) // it has gone on by itself, or was found
	})
	return done
}

// reported reports whether a peer's share in an entry is what a row of it says.
func (v *source) reported(h *heard, r *stick.Row, e *table.Entry) bool {
	mine := slices.IndexFunc(e.Shares, func(s table.Share) bool { return s.Lane == h.lane.lane })
	if mine < 0 {
		return false
	}
	same, _ := alike(sameCounters(h.lane.lane.Schema(), e.Schema), r.Values, e.Shares[mine].Values)
	return same
}

// compareRow compares one row with all other shares of its key but those of who is in with, to which it adds them.
// It reports whether the row is one of them.
func (v *source) compareRow(h *heard, r *stick.Row, e *table.Entry, with *[]*Peer) (found bool) {
	own := h.lane.lane.Schema()
	counters := sameCounters(own, e.Schema)
	for i := range e.Shares {
		s := &e.Shares[i]
		o := v.section.tables.owner(s.Lane)
		if s.Expired || o == nil || o == v.peer || slices.Contains(*with, o) || len(*with) >= copyOthers || !o.place().Declares || o.conf().Group != "" && o.conf().Group == v.peer.conf().Group {
			continue
		}
		same, high := alike(counters, r.Values, s.Values)
		if high < copyLeast {
			continue
		}
		*with = append(*with, o)
		x := v.book.seen.compared.with(o)
		x.compared++
		if same {
			found = true
			x.copies++
			if len(x.numbers) < copyMost {
				x.numbers[high] = struct{}{}
			}
			x.table, x.key, x.schema = h.name, bytes.Clone(r.Key), own
		}
	}
	return found
}

// with is the resemblance with another peer.
func (c *comparison) with(p *Peer) *resemblance {
	x := c.others[p]
	if x == nil {
		if c.others == nil {
			c.others = map[*Peer]*resemblance{}
		}
		x = &resemblance{numbers: map[uint64]struct{}{}}
		c.others[p] = x
	}
	return x
}

// common is where a counter is in a row of one schema and of another.
type common struct{ a, b int }

// sameCounters lists the counters that two schemas have.
func sameCounters(a, b *stick.Schema) (list []common) {
	for _, c := range a.Columns {
		i := b.Column(c.Type)
		if !c.Type.Counts() || i < 0 {
			continue
		}
		for e := range min(c.Len, b.Columns[i].Len) {
			list = append(list, common{a.Word(c.Type, int(e)), b.Word(c.Type, int(e))})
		}
	}
	return list
}

// alike reports whether two rows have the same counters, and the largest of the first's.
func alike(counters []common, a, b []uint64) (same bool, high uint64) {
	same = len(counters) > 0
	for _, p := range counters {
		same = same && a[p.a] == b[p.b]
		high = max(high, a[p.a])
	}
	return same, high
}

// judge decides what a lesson has shown. What was found stands until another process of the peer has given a
// lesson that shows nothing: what a process has told once is no news the second time.
func (e *evidence) judge(process string) {
	e.compared.over = true
	if !e.found(process) && e.copied != nil && process != e.copier {
		e.copied = nil
	}
}

// found notes who it is whose rows a peer has told, and reports whether there is anybody.
func (e *evidence) found(process string) bool {
	var best *resemblance
	var from *Peer
	for p, x := range e.compared.others {
		if len(x.numbers) >= copyRows && 2*x.copies >= x.compared && (best == nil || x.copies > best.copies) {
			best, from = x, p
		}
	}
	if best == nil {
		return false
	}
	e.copied = &Copied{From: from.Name, Table: best.table, Rows: best.copies, Compared: best.compared, Key: best.key, Schema: best.schema}
	e.copier = process
	return true
}
