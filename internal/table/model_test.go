package table

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"tallystick/internal/stick"
)

// model is what a table does, in a map: the share of a lane for a key is the last row that it
// reported, until its life is over. Which lanes count is the world's.
type model map[string]map[int]modelShare

// rules are the model's. The zero value are the right ones; see TestMutants for the others.
type rules struct{ add, max, wrap, eternal, hoard, sticky, equal, asleep bool }

type modelShare struct {
	values []uint64
	until  int64
}

// sum adds what counts at now, by the rules of counters. lives: there is a share whose life is
// not over, counting or not.
func (w *world) sum(key string, now int64) (total []uint64, counts, lives bool) {
	r := w.rules
	for lane, s := range w.model[key] {
		alive := s.until > now || r.eternal
		lives = lives || alive
		if alive && (!w.idle[lane] || r.equal) {
			counts = true
			for len(total) < len(s.values) {
				total = append(total, 0)
			}
			for i, v := range s.values {
				total[i] += v
			}
		}
	}
	for i := range total {
		switch {
		case i == 1: // 64 bits, never reached here
		case r.wrap:
			total[i] = uint64(uint32(total[i]))
		default:
			total[i] = min(total[i], math.MaxUint32)
		}
	}
	return total, counts, lives
}

// counters is the schema of the model: a counter that clamps, one of 64 bits, an array.
var counters = &stick.Schema{KeyType: stick.String, KeyLen: 65, Expire: 60_000, Columns: []stick.Column{
	{Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.BytesInCnt, Len: 1}, {Type: stick.GPC, Len: 2},
}}

// world is a table and its model side by side, with a receiver.
type world struct {
	t      *testing.T
	rand   *rand.Rand
	now    int64
	table  *Table
	lanes  []*Lane
	idle   []bool // lanes that do not count
	extra  *Lane  // has no rows: its definition changes the layout
	model  model
	rules  rules
	reader *Reader
	heard  map[string][]uint64 // what the receiver holds
	wrong  string              // what it should not have been told
	budget *Budget
}

func newWorld(t *testing.T, seed uint64, lanes int) *world {
	w := &world{t: t, idle: make([]bool, lanes), rand: rand.New(rand.NewPCG(seed, 1)), now: 3_600_000_000, model: model{}, heard: map[string][]uint64{}, budget: NewBudget(1000)}
	w.table = New(Config{Seed: seed, Budget: w.budget})
	w.reader = w.table.NewReader()
	for i := range lanes {
		l, _ := w.table.Define(nil, fmt.Sprintf("lb%d", i+1), i, counters)
		w.lanes = append(w.lanes, l)
	}
	return w
}

func (w *world) key() string {
	k := w.rand.IntN(60)
	if k%7 == 0 {
		return fmt.Sprintf("a key too long to stand in its row %d", k)
	}
	return fmt.Sprint("k", k)
}

// report lets a lane report a few keys, some of them twice.
func (w *world) report(lane int) {
	var rows []stick.Row
	for range 1 + w.rand.IntN(5) {
		key := w.key()
		values := []uint64{w.counter(), w.rand.Uint64() >> 40, uint64(w.rand.IntN(9)), uint64(w.rand.IntN(9))}
		life := uint32(1000 * (1 + w.rand.IntN(60)))
		rows = append(rows, stick.Row{Key: []byte(key), Values: values, Life: life})
		if w.model[key] == nil {
			w.model[key] = map[int]modelShare{}
		}
		if w.rules.asleep && w.idle[lane] {
			continue
		}
		w.model[key][lane] = modelShare{w.rules.replace(w.model[key][lane].values, values), w.now + int64(life)}
	}
	w.table.Apply(w.now, w.lanes[lane], rows, 0)
}

// counter is a value that is small but for a few, two of which are more than a sum can say.
func (w *world) counter() uint64 {
	if w.rand.IntN(20) == 0 {
		return math.MaxUint32 - uint64(w.rand.IntN(100))
	}
	return uint64(w.rand.IntN(1000))
}

// replace is the new share of a lane that has reported these values.
func (r rules) replace(old, values []uint64) []uint64 {
	if !r.add && !r.max {
		return values
	}
	values = slices.Clone(values)
	for i, v := range old {
		if r.max {
			values[i] = max(values[i], v)
		} else {
			values[i] += v
		}
	}
	return values
}

// lesson lets a lane mention some keys again and drops the others.
func (w *world) lesson(lane int) {
	w.table.Begin(w.lanes[lane])
	var rows []stick.Row
	for _, key := range slices.Sorted(maps.Keys(w.model)) { // so that a seed is one story
		shares := w.model[key]
		s, has := shares[lane]
		if !has || s.until <= w.now {
			continue
		}
		if w.rand.IntN(2) == 0 {
			if !w.rules.hoard {
				delete(shares, lane)
			}
			continue
		}
		rows = append(rows, stick.Row{Key: []byte(key), Values: s.values, Life: uint32(s.until - w.now)})
	}
	w.table.Apply(w.now, w.lanes[lane], rows, InLesson)
	w.table.End(w.lanes[lane], true)
}

// drop ends a lane and begins it anew.
func (w *world) drop(lane int) {
	w.table.Drop(w.lanes[lane])
	for _, shares := range w.model {
		if !w.rules.sticky {
			delete(shares, lane)
		}
	}
	w.lanes[lane], _ = w.table.Define(nil, fmt.Sprintf("lb%d", lane+1), lane, counters)
	w.idle[lane] = false
}

// weigh decides anew which lanes count, one of them, all or none among them.
func (w *world) weigh() {
	var in, out []*Lane
	for i, l := range w.lanes {
		switch w.rand.IntN(3) {
		case 0:
			in, w.idle[i] = append(in, l), false
		case 1:
			out, w.idle[i] = append(out, l), true
		}
	}
	w.table.Weigh(in, out)
}

// relay lays the table out anew: an array gets longer or shorter by an element that nobody has.
func (w *world) relay() {
	s := *counters
	s.Columns = slices.Clone(s.Columns)
	s.Columns[2].Len = uint8(2 + w.rand.IntN(2))
	w.extra, _ = w.table.Define(w.extra, "extra", 99, &s)
}

// pass lets time pass. Lives are kept in ticks, so the model looks away from those that end
// within one.
func (w *world) pass(ms int64) {
	w.now += ms
	w.table.Advance(w.now)
}

// read lets the receiver read a little or everything.
func (w *world) read(max int) {
	rows := Rows{Max: max}
	w.reader.Read(w.now, 0, &rows)
	for _, r := range rows.Rows {
		w.heard[string(r.Key)] = append([]uint64(nil), r.Values...)
		if _, counts, _ := w.sum(string(r.Key), w.now-64); !counts {
			w.wrong = fmt.Sprintf("%q is read as %v though nothing in it counts", r.Key, r.Values)
		}
	}
}

// check compares everything with the model.
func (w *world) check() {
	w.t.Helper()
	if why := w.compare(); why != "" {
		w.t.Fatal(why)
	}
}

// compare says in what the table is not what the model says, or "".
func (w *world) compare() (why string) {
	for w.reader.Pending() {
		w.read(7)
	}
	live := 0
	for key := range w.model {
		early, counts, lives := w.sum(key, w.now+64) // what surely lives
		late, _, _ := w.sum(key, w.now-64)           // what may still
		found := w.table.Get(w.now, []byte(key), func(e *Entry) {
			live++
			for i, v := range e.Values {
				if lo, hi := at(early, i), at(late, i); v < lo || v > hi {
					why = fmt.Sprintf("%q column %d: the table says %d, the model %d to %d", key, i, v, lo, hi)
				}
			}
			if got := w.heard[key]; counts && fmt.Sprint(got) != fmt.Sprint(e.Values) {
				why = fmt.Sprintf("%q: the receiver holds %v, the sum is %v", key, got, e.Values)
			}
		})
		if lives && !found {
			why = fmt.Sprintf("%q lives and is not in the table", key)
		}
		if why != "" {
			return why
		}
	}
	if s := w.table.Stats(); s.Rows != live || w.budget.Used() != int64(live) {
		return fmt.Sprintf("%d rows (%d of the budget) for %d keys that live: a row goes with its last share", s.Rows, w.budget.Used(), live)
	}
	return w.wrong
}

func at(v []uint64, i int) uint64 {
	if i >= len(v) {
		return 0
	}
	return v[i]
}

// step lets something happen.
func (w *world) step() {
	switch lane := w.rand.IntN(len(w.lanes)); w.rand.IntN(13) {
	default:
		w.report(lane)
	case 7:
		w.lesson(lane)
	case 8:
		w.pass(int64(w.rand.IntN(20_000)))
	case 9:
		w.read(1 + w.rand.IntN(5))
	case 10:
		if w.rand.IntN(10) == 0 {
			w.drop(lane)
		}
	case 11:
		w.weigh()
	case 12:
		if w.rand.IntN(10) == 0 {
			w.relay()
		}
	}
}

// TestModel holds the table against the model, through random reports, lessons, drops,
// passing time and a receiver that lags behind.
func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		w := newWorld(t, seed, 3)
		for range 400 {
			w.step()
			if w.rand.IntN(12) == 0 {
				w.check()
			}
		}
		w.pass(200) // lives that have ended are looked at in the tick behind them
		w.check()
		if len(w.model) < 50 {
			t.Fatal("the test has hardly used any keys")
		}
		w.pass(10 * 60_000)
		if s := w.table.Stats(); s.Rows != 0 || s.Shares != 0 {
			t.Fatalf("seed %d: everything has expired, and there are %d rows and %d shares", seed, s.Rows, s.Shares)
		}
	}
}

// TestClamp: sums stop at the column's limit, and are exact again when a share leaves.
func TestClamp(t *testing.T) {
	w := newWorld(t, 1, 2)
	big := []uint64{math.MaxUint32, math.MaxUint64, 1, 2}
	for _, l := range w.lanes {
		w.table.Apply(w.now, l, []stick.Row{{Key: []byte("k"), Values: big, Life: 1000}}, 0)
	}
	want := func(why string, first, second uint64) {
		t.Helper()
		w.table.Get(w.now, []byte("k"), func(e *Entry) {
			if e.Values[0] != first || e.Values[1] != second {
				t.Errorf("%s: got %v", why, e.Values)
			}
		})
	}
	want("two full counters read as one", math.MaxUint32, math.MaxUint64)
	w.table.Apply(w.now, w.lanes[0], []stick.Row{{Key: []byte("k"), Values: []uint64{0, 0, 0, 0}, Life: 1000}}, 0)
	want("nothing was lost above the limit", math.MaxUint32, math.MaxUint64)
	w.table.Apply(w.now, w.lanes[1], []stick.Row{{Key: []byte("k"), Values: []uint64{5, 6, 0, 0}, Life: 1000}}, 0)
	want("values may fall", 5, 6)
}
