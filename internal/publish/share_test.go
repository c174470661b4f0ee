package publish

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/wire"
)

// receiver is a peer that has what it was told.
type receiver struct {
	t     testing.TB
	feed  *Feed
	want  *stick.Schema
	timed bool
	has   map[string]string
	dict  wire.OutDictionary
	in    wire.InDictionary
	last  uint32 // id of the last update
	acked uint32 // what it has acked last
}

func newReceiver(t testing.TB, tab *table.Table, press *Press, want *stick.Schema, timed bool) *receiver {
	r := &receiver{t: t, feed: NewFeed(7, tab), want: want, timed: timed, has: map[string]string{}}
	if press != nil {
		r.feed.Share(press)
	}
	r.start()
	return r
}

// start is another session of another process.
func (r *receiver) start() {
	clear(r.has)
	r.last, r.dict, r.in = 0, wire.OutDictionary{}, wire.InDictionary{}
	r.feed.Start()
	r.feed.Announce(r.want)
}

// pull takes one batch, and checks that ids follow each other.
func (r *receiver) pull(now int64, limit int) (n int) {
	b := wire.Batch{Timed: r.timed, Dict: &r.dict, Limit: limit}
	r.feed.Turn()
	n = r.feed.Pull(now, &b)
	seen := 0
	for buf := b.Buf; len(buf) > 0; seen++ {
		m, size, err := wire.Next(buf)
		if err != nil {
			r.t.Fatal(err)
		}
		id, row, _, err := wire.ParseUpdate(m, b.Schema, 0, &r.in, nil)
		if err != nil {
			r.t.Fatal(err)
		}
		if id != after(r.last) {
			r.t.Fatalf("update %d comes behind %d", id, r.last)
		}
		r.last = id
		r.has[string(row.Key)] = fmt.Sprint(row.Values)
		buf = buf[size:]
	}
	if seen != n || n > 0 && b.Updates != n {
		r.t.Fatalf("Pull says %d, the batch %d, and there are %d", n, b.Updates, seen)
	}
	return n
}

// town is a table with members and many receivers, to which anything may happen.
type town struct {
	t         testing.TB
	rand      *rand.Rand
	now       int64
	table     *table.Table
	press     *Press
	schema    *stick.Schema
	lanes     []*table.Lane
	receivers []*receiver
	keys      int // that there are
	most      int // rows of a report
}

func newTown(t testing.TB, seed uint64, receivers int) *town {
	w := &town{t: t, keys: 300, most: 40, rand: rand.New(rand.NewPCG(seed, 9)), now: 3_600_000_000, table: table.New(table.Config{Seed: seed})}
	w.schema = text(32, stick.Column{Type: stick.GPC0}, stick.Column{Type: stick.GPC1})
	w.press = NewPress(w.table)
	for i := range 2 {
		l, _ := w.table.Define(nil, fmt.Sprint("lb", i), i, w.schema)
		w.lanes = append(w.lanes, l)
	}
	for i := range receivers {
		want := text(32, stick.Column{Type: stick.GPC0}, stick.Column{Type: stick.GPC1})
		if i%5 == 4 {
			want = text(32, stick.Column{Type: stick.GPC1}) // another shape
		}
		w.receivers = append(w.receivers, newReceiver(t, w.table, w.press, want, i%7 != 6))
	}
	return w
}

func (w *town) report() {
	var rows []stick.Row
	for range 1 + w.rand.IntN(w.most) {
		rows = append(rows, stick.Row{Key: fmt.Append(nil, "k", w.rand.IntN(w.keys)), Values: []uint64{w.rand.Uint64N(99), w.rand.Uint64N(99), 5}, Life: 600_000})
	}
	w.table.Apply(w.now, w.lanes[w.rand.IntN(len(w.lanes))], rows, 0)
}

func (w *town) step() {
	r := w.receivers[w.rand.IntN(len(w.receivers))]
	switch n := w.rand.IntN(200); {
	case n < 60:
		w.report()
	case n < 180:
		// A few receivers are seldom asked: they fall behind, and come by again.
		if i := w.rand.IntN(len(w.receivers)); i%4 != 3 || w.rand.IntN(30) == 0 {
			w.receivers[i].pull(w.now, []int{40, 300, 4000, 64 << 10}[w.rand.IntN(4)])
		}
	case n < 186:
		if r.acked = r.last - min(r.last, w.rand.Uint32N(3)); r.acked > 0 {
			r.feed.Acked(r.acked)
		}
	case n < 188:
		r.feed.Teach()
	case n < 190:
		if r.feed.Taught() {
			r.feed.Confirmed()
		}
	case n < 192:
		r.start()
	case n < 194: // the same process comes back: it has what it has been told
		has := map[string]string{}
		for k, v := range r.has {
			has[k] = v
		}
		r.start()
		r.has = has
		r.feed.Resume()
	case n < 195:
		s := *w.schema
		s.Columns = append([]stick.Column(nil), s.Columns...)
		if w.rand.IntN(2) == 0 {
			s.Columns = append(s.Columns, stick.Column{Type: stick.HTTPFailCnt, Len: 1})
		}
		if w.rand.IntN(3) == 0 {
			s.Expire = 300_000
		}
		w.table.Define(w.lanes[1], "lb1", 1, &s)
	default:
		w.now += 100
		w.table.Advance(w.now)
	}
}

// settle lets everybody hear everything.
func (w *town) settle() {
	for _, r := range w.receivers {
		for range 10_000 {
			if r.pull(w.now, 4000) == 0 && !r.feed.Due() {
				break
			}
		}
	}
}

// check compares what everybody has with the sums.
func (w *town) check() {
	w.t.Helper()
	var place table.Place
	n := 0
	for more := true; more; {
		more = w.table.Scan(w.now, &place, 1000, func(e *table.Entry) {
			if e.Life == 0 {
				return
			}
			n++
			for i, r := range w.receivers {
				want := fmt.Sprint(e.Values[:2])
				if i%5 == 4 {
					want = fmt.Sprint(e.Values[1:2])
				}
				if got := r.has[string(e.Key)]; got != want {
					w.t.Fatalf("receiver %d has %q of %s, the sum is %s", i, got, e.Key, want)
				}
			}
		})
	}
}

// TestSharing: whoever is told with others has what the table has, whatever happens to it and to the others.
func TestSharing(t *testing.T) {
	shared := 0
	for seed := range uint64(16) {
		w := newTown(t, seed, 9)
		if seed%2 == 1 {
			w.keys, w.most = 5000, 1500 // more than a batch holds
		}
		for step := range 1500 {
			w.step()
			for _, r := range w.receivers {
				if r.feed.next != 0 {
					shared++
				}
			}
			if step%500 == 499 {
				w.settle()
				w.check()
			}
		}
		for _, r := range w.receivers {
			r.feed.Close()
		}
		if s := w.table.Stats(); s.Readers != 0 || len(w.press.editions) != 0 {
			t.Fatalf("%d readers and %d editions are left when all have gone", s.Readers, len(w.press.editions))
		}
	}
	if shared < 50_000 {
		t.Errorf("in step at %d of 200 000 looks only: nothing was shared", shared)
	}
}

// TestInStep: once receivers have heard everything they stay together, and a batch is read once.
func TestInStep(t *testing.T) {
	w := newTown(t, 1, 4)
	w.report()
	w.settle()
	w.settle() // now they have met
	e := w.receivers[0].feed.edition
	made := e.next
	for range 50 {
		w.report()
		for _, r := range w.receivers {
			for r.pull(w.now, 64<<10) > 0 {
			}
		}
	}
	if n := e.next - made; n < 50 || n > 50+4 {
		t.Errorf("%d batches for 50 reports to 4 receivers, want one each", n)
	}
	w.check()
}

// TestTakenIsRead: what a feed has taken with others is behind its own marks. When it goes on alone, it is
// not told again.
func TestTakenIsRead(t *testing.T) {
	w := newTown(t, 1, 2)
	w.keys, w.most = 5000, 3000
	for range 6 {
		w.report()
		w.settle()
		w.settle()
	}
	a, b := w.receivers[0], w.receivers[1]
	if a.feed.next == 0 || b.feed.next == 0 {
		t.Fatal("they are in step")
	}
	row := func(key int) stick.Row {
		return stick.Row{Key: fmt.Append(nil, "new", key), Values: []uint64{1, 2, 3}, Life: 600_000}
	}
	var rows []stick.Row
	for i := range 2000 {
		rows = append(rows, row(i))
	}
	w.table.Apply(w.now, w.lanes[0], rows, 0)
	told := a.pull(w.now, 3*batchBytes/2)
	if left := len(rows) - told; told == 0 || left == 0 {
		t.Fatalf("%d rows told, %d left: want some of each", told, left)
	}
	for b.pull(w.now, 64<<10) > 0 {
	}
	b.feed.Close()
	for n := a.pull(w.now, 64<<10); n > 0; n = a.pull(w.now, 64<<10) {
		told += n
	}
	if most := len(rows) + 2*batchBytes/a.feed.shape.bytes; told > most {
		t.Errorf("%d rows are told for %d: more than part of a batch is told again", told, len(rows))
	}
}

// TestTaughtIsRead: nor is it told again what it was told alone, since others went on meanwhile.
func TestTaughtIsRead(t *testing.T) {
	w := newTown(t, 1, 2)
	for range 6 {
		w.report()
		w.settle()
		w.settle()
	}
	a, b := w.receivers[0], w.receivers[1]
	a.feed.Teach()
	for range 3 {
		w.report()
		for b.pull(w.now, 64<<10) > 0 {
		}
	}
	for !a.feed.Taught() {
		a.pull(w.now, 64<<10)
	}
	a.feed.Confirmed()
	if n := a.pull(w.now, 64<<10); n != 0 {
		t.Errorf("%d rows are told again behind a lesson", n)
	}
}

// TestOldBatches: what was encoded for others a while ago is not told any more: a row that has gone since
// would come back, and live for as long again.
func TestOldBatches(t *testing.T) {
	w := newTown(t, 1, 2)
	for range 3 {
		w.report()
		w.settle()
		w.settle()
	}
	prompt, late := w.receivers[0], w.receivers[1]
	gone := stick.Row{Key: []byte("gone"), Values: []uint64{9, 9, 9}, Life: 5000}
	w.table.Apply(w.now, w.lanes[0], []stick.Row{gone}, 0)
	for prompt.pull(w.now, 64<<10) > 0 {
	}
	if prompt.has["gone"] == "" {
		t.Fatal("who asks at once is told")
	}
	for range 600 {
		w.now += 100
		w.table.Advance(w.now)
	}
	for late.pull(w.now, 64<<10) > 0 {
	}
	if got := late.has["gone"]; got != "" {
		t.Errorf("a minute later a row that lived for 5 s is told as %s", got)
	}
	w.report()
	w.settle()
	w.check()
}

// TestBatchesAreBounded: in bytes, however long keys are, and what they have needed is given back.
func TestBatchesAreBounded(t *testing.T) {
	w := newTown(t, 1, 0)
	want := *w.schema
	want.KeyLen = 4096
	tab := table.New(table.Config{Seed: 1})
	l, _ := tab.Define(nil, "lb1", 0, &want)
	press := NewPress(tab)
	var all []*receiver
	for range 2 {
		all = append(all, newReceiver(t, tab, press, &want, true))
	}
	told := func(length, rounds int) (held int) {
		for n := range rounds {
			var rows []stick.Row
			for i := range 500 {
				rows = append(rows, stick.Row{Key: fmt.Appendf(nil, "%0*d", length, i), Values: []uint64{uint64(n), 1}, Life: 600_000})
			}
			tab.Apply(w.now, l, rows, 0)
			for _, r := range all {
				for r.pull(w.now, 64<<10) > 0 {
				}
			}
		}
		for i := range all[0].feed.edition.batches {
			held += cap(all[0].feed.edition.batches[i].buf)
		}
		return held
	}
	if held := told(4000, 20); held > kept*(batchBytes+2*batchRows*4100) {
		t.Errorf("%d KiB for long keys", held>>10)
	}
	if held := told(20, 200); held > kept*4*batchBytes {
		t.Errorf("%d KiB for short keys after long ones", held>>10)
	}
}

// TestTurns: of a key that changes between the turns of receivers each is told once a turn, and
// what is left for the next turn is known to be.
func TestTurns(t *testing.T) {
	w := newTown(t, 1, 4)
	for range 3 {
		w.report()
		w.settle()
	}
	row := []stick.Row{{Key: []byte("k1"), Values: []uint64{0, 1, 2}, Life: 600_000}}
	told := 0
	for range 100 {
		for _, r := range w.receivers {
			row[0].Values[0]++
			w.table.Apply(w.now, w.lanes[0], row, 0)
			b := wire.Batch{Timed: true, Dict: &r.dict, Limit: 64 << 10}
			r.feed.Turn()
			for r.feed.Due() {
				n := r.feed.Pull(w.now, &b)
				if told += n; n == 0 && r.feed.Due() {
					t.Fatal("whoever asks as long as something is due asks for ever")
				}
			}
			if r.feed.Late() != r.feed.reader.Pending() {
				t.Fatal("what is left is to be told in the next turn")
			}
			r.last += uint32(len(b.Buf)) // ids are of no concern here
		}
	}
	if told > 405 {
		t.Errorf("%d messages in 100 turns of 4 receivers", told)
	}
}

// TestSharingAllocates: nothing, for what is shared.
func TestSharingAllocates(t *testing.T) {
	w := newTown(t, 1, 4)
	for range 2 * kept { // until all batches have found their size
		w.report()
		w.settle()
	}
	row := []stick.Row{{Key: []byte("k1"), Values: []uint64{0, 1}, Life: 600_000}}
	b := wire.Batch{Timed: true, Limit: 64 << 10, Buf: make([]byte, 0, 1<<17)}
	if n := testing.AllocsPerRun(200, func() {
		row[0].Values[0]++
		w.table.Apply(w.now, w.lanes[0], row, 0)
		for _, r := range w.receivers {
			b.Buf = b.Buf[:0]
			r.feed.Turn()
			if r.feed.Pull(w.now, &b) != 1 {
				t.Fatal("the change is told")
			}
		}
	}); n != 0 {
		t.Errorf("%.1f allocations for four receivers", n)
	}
}

// TestSharingRace: receivers, members and definitions in goroutines of their own.
func TestSharingRace(t *testing.T) {
	w := newTown(t, 3, 6)
	var helpers, members sync.WaitGroup
	stop := make(chan struct{})
	for i, r := range w.receivers {
		helpers.Go(func() {
			dice := rand.New(rand.NewPCG(7, uint64(i)))
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				r.pull(w.now, 1+dice.IntN(8000))
				switch dice.IntN(300) {
				case 0:
					r.start()
				case 1:
					r.feed.Teach()
				case 2:
					r.feed.Acked(r.last)
				}
			}
		})
	}
	for i, l := range w.lanes {
		members.Go(func() {
			dice := rand.New(rand.NewPCG(8, uint64(i)))
			for n := range 3000 {
				row := stick.Row{Key: fmt.Append(nil, "k", dice.IntN(100)), Values: []uint64{uint64(n), 1, 2}, Life: 600_000}
				w.table.Apply(w.now, l, []stick.Row{row}, 0)
				if n%500 == 499 {
					s := *w.schema
					s.Columns = append([]stick.Column(nil), s.Columns...)
					if n%1000 == 999 {
						s.Columns = append(s.Columns, stick.Column{Type: stick.HTTPFailCnt, Len: 1})
					}
					w.table.Define(l, l.Label(), i, &s)
				}
			}
		})
	}
	members.Wait()
	close(stop)
	helpers.Wait()
	w.settle()
	w.check()
}

// BenchmarkPull: ns of a message told, by how many receivers hear the same.
func BenchmarkPull(b *testing.B) {
	for _, receivers := range []int{1, 4, 64} {
		for _, shared := range []bool{false, true} {
			b.Run(fmt.Sprintf("receivers=%d/shared=%v", receivers, shared), func(b *testing.B) {
				tab := table.New(table.Config{Seed: 1})
				s := text(32, stick.Column{Type: stick.ConnCnt}, stick.Column{Type: stick.HTTPReqCnt},
					stick.Column{Type: stick.HTTPReqRate, Period: 10_000}, stick.Column{Type: stick.BytesOutRate, Period: 10_000})
				l, _ := tab.Define(nil, "lb1", 0, s)
				var press *Press
				if shared {
					press = NewPress(tab)
				}
				var all []*receiver
				for range receivers {
					all = append(all, newReceiver(b, tab, press, s, true))
				}
				now := int64(3_600_000_000)
				rows := make([]stick.Row, 256)
				for i := range rows {
					rows[i] = stick.Row{Key: fmt.Append(nil, "key-", i), Values: []uint64{0, 1, 100, 7, 8, 100, 7000, 8000}, Life: 600_000}
				}
				out := wire.Batch{Timed: true, Limit: 64 << 10, Buf: make([]byte, 0, 1<<17)}
				told := 0
				for n := 0; b.Loop(); n++ {
					b.StopTimer()
					for i := range rows {
						rows[i].Values[0] = uint64(n)
					}
					l.Stamp(now*1e6 + int64(n))
					tab.Apply(now, l, rows, 0)
					b.StartTimer()
					for _, r := range all {
						for {
							r.feed.Turn()
							out.Buf = out.Buf[:0]
							k := r.feed.Pull(now, &out)
							if told += k; k == 0 {
								break
							}
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(told), "ns/message")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
