package web

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"tallystick/internal/history"
	"tallystick/internal/query"
	"tallystick/internal/view"
)

// The largest keys of a column change all the time, and to find them the table has to be read. So
// that is done by one goroutine for all who look, in slices, only as long as somebody looks, and never
// with more than a twentieth of a processor: a million keys take about ten seconds then.
const (
	maxTops    = 32                     // columns that are looked at, at once
	lookAgain  = 2 * time.Second        // from one finding to the next, at least, if there is a stream of it
	keepFor    = 90 * time.Second       // from the last question for its history
	sliceTime  = tick / 20              // of a processor in each tick
	maxStream  = 100                    // entries of a stream
	smallTable = 2000                   // entries of a table that is looked at though nobody asks,
	smallSum   = 10_000                 // and of all of them,
	smallTops  = history.MaxWatches / 2 // and how many of them
)

// tops are the columns whose largest keys are looked for.
type tops struct {
	server  *Server
	refused atomic.Uint64 // columns beyond maxTops

	turn int // whose turn it is to be read first; the sampler's

	mu   sync.Mutex
	list []*top
}

// top is one of them. What is not guarded by tops.mu is the sampler's.
type top struct {
	history.Watch
	streams int       // readers of /events; guarded
	until   time.Time // for the history; guarded
	n       int       // how many are wanted at most; guarded

	begun, found time.Time // when the present reading began, and the last one ended
	kept         time.Time // when the history was told
	dump         view.Dump // nil: nothing is read now
	table        *view.Table
	section      *view.Section
	largest      *query.Top
	by           query.Cell
	entries      []view.Entry // that were found last
}

// want looks for the n largest keys from now on: until leave, if it is for a stream, else for a while.
func (t *tops) want(now time.Time, w history.Watch, n int, stream bool) (*top, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found *top
	for _, o := range t.list {
		if o.Watch == w {
			found = o
		}
	}
	if found == nil {
		if len(t.list) >= maxTops {
			t.refused.Add(1)
			return nil, problem(http.StatusServiceUnavailable, "too_many_watches", "the largest keys of %d columns are looked for already", maxTops)
		}
		found = &top{Watch: w}
		t.list = append(t.list, found)
	}
	found.n = max(found.n, n, history.MaxKeys)
	if stream {
		found.streams++
	} else {
		found.until = now.Add(keepFor)
	}
	return found, nil
}

// leave ends what want began for a stream.
func (t *tops) leave(o *top) {
	t.mu.Lock()
	defer t.mu.Unlock()
	o.streams--
}

// due lists those that are to be looked at, and forgets those at which nobody looks.
func (t *tops) due(now time.Time) (list []*top) {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.list[:0]
	for _, o := range t.list {
		every := history.KeyStep
		if o.streams > 0 {
			every = lookAgain
		}
		switch {
		case o.streams == 0 && !now.Before(o.until):
			continue
		case o.dump != nil || o.found.IsZero() || now.Sub(o.begun) >= every:
			list = append(list, o)
		}
		kept = append(kept, o)
	}
	clear(t.list[len(kept):])
	t.list = kept
	return list
}

// work goes on looking, for about sliceTime. It returns what has been found now.
func (t *tops) work(now time.Time) (done []*top) {
	began := time.Now()
	list := t.due(now)
	t.turn++
	for i := range list {
		o := list[(i+t.turn)%len(list)] // or the first large table would take all the time there is
		for time.Since(began) < sliceTime {
			if t.step(o, now) {
				done = append(done, o)
				break
			}
		}
	}
	return done
}

// step reads one slice, and reports whether that was the last.
func (t *tops) step(o *top, now time.Time) bool {
	if o.dump == nil && !t.begin(o, now) {
		o.entries, o.found, o.begun = nil, now, now // the table has gone, or the column
		return true
	}
	if o.dump.Next(slice, func(e *view.Entry) { o.largest.Add(e, o.table.Schema) }) {
		return false
	}
	o.entries, o.found, o.dump = o.largest.Sorted(), now, nil
	if now.Sub(o.kept) >= history.KeyStep/2 {
		t.keep(o, now)
	}
	return true
}

// begin begins to read the table of a column.
func (t *tops) begin(o *top, now time.Time) bool {
	var err error
	if o.section, o.table, err = t.server.snaps.within(history.KeyStep).table(o.Section, o.Table); err != nil {
		return false
	}
	cell, ok := columnNamed(o.By, o.table.Schema)
	if !ok {
		return false
	}
	d, err := t.server.Backend.Dump(o.Section, o.table.Target)
	if err != nil {
		return false
	}
	o.dump = skim(d)
	t.mu.Lock()
	defer t.mu.Unlock()
	o.by, o.begun, o.largest = cell, now, query.NewTop(cell, o.n)
	return true
}

// keep tells the history what was found, and the values of those that it knows and that are not among
// the largest any more.
func (t *tops) keep(o *top, now time.Time) {
	o.kept = now
	var largest, others []history.Top
	seen := map[string]bool{}
	for i := range o.entries[:min(len(o.entries), history.MaxKeys)] {
		e := &o.entries[i]
		if c, ok := o.by.In(e.Schema, o.table.Schema); ok {
			largest = append(largest, history.Top{Key: string(e.Key), Value: valueOf(c, e)})
			seen[string(e.Key)] = true
		}
	}
	for _, key := range t.server.keys.Tracked(o.Watch) {
		if seen[key] {
			continue
		}
		_, _ = t.server.Backend.Get(o.Section, o.Table, []byte(key), func(e *view.Entry) { // gone: there is no value
			if c, ok := o.by.In(e.Schema, o.table.Schema); ok {
				others = append(others, history.Top{Key: key, Value: valueOf(c, e)})
			}
		})
	}
	t.server.keys.Put(now, o.Watch, largest, others)
}

func valueOf(c query.Cell, e *view.Entry) float64 {
	n := c.Number(e.Sum.Values)
	if n.Negative {
		return -float64(n.Size)
	}
	return float64(n.Size)
}

// small wants the usual column of small tables though nobody asks: whoever opens the page is shown
// what was before. All of them together are so small that it costs a thousandth of a processor.
func (t *tops) small(now *snapshot) {
	sum, n := int64(0), 0
	for i := range now.sections {
		for j := range now.sections[i].Tables {
			table := &now.sections[i].Tables[j]
			c, ok := usual(table.Schema)
			if !ok || table.Rows == 0 || table.Rows > smallTable || sum+table.Rows > smallSum || n >= smallTops {
				continue
			}
			sum, n = sum+table.Rows, n+1
			_, _ = t.want(now.at, history.Watch{Section: now.sections[i].ID, Table: table.Target, By: c.Name()}, 0, false)
		}
	}
}
