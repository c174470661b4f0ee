package history

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"tallystick/internal/view"
)

// The bounds of the history of tables: 24 bytes a slot, so 22 KB a table and 11 MB at most.
const (
	Slots     = 900 // of a second each: a quarter of an hour
	MaxTables = 512 // the first that come; what is beyond is counted by Left
	// maxNumbers bounds an answer. If more was asked for its steps are longer.
	maxNumbers = 50_000
)

// smoothing is over how many seconds Rates looks: a single second jumps about.
const smoothing = 5

// Tables is the history of all tables, a slot a second. Its zero value is empty.
type Tables struct {
	mu     sync.Mutex
	tables map[name]*series
	left   uint64
}

// name is which table a series is of.
type name struct{ section, table string }

// series is one table.
type series struct {
	last   view.Sample // the newest, for the difference to the next one
	lastAt time.Time
	second int64 // unix time of the newest slot
	slots  [Slots]slot
}

// slot is one second of one table: 24 bytes.
type slot struct {
	in, out float32 // updates a second; NaN: not measured
	rows    uint32
	lag     float32 // ms; NaN: not measured
	bytes   int64   // -1: the slot was not measured at all
}

var blank = slot{float32(math.NaN()), float32(math.NaN()), 0, float32(math.NaN()), -1}

// Add takes a sample of all tables. A second that is sampled twice keeps the later one. A table that is
// not among the samples any more stays for a quarter of an hour.
func (t *Tables) Add(now time.Time, samples []view.Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tables == nil {
		t.tables = map[name]*series{}
	}
	for _, s := range samples {
		n := name{s.Section, s.Table}
		line := t.tables[n]
		if line == nil {
			if len(t.tables) >= MaxTables {
				t.left++
				continue
			}
			line = &series{}
			t.tables[n] = line
		}
		line.add(now, s)
	}
	for n, line := range t.tables {
		if now.Unix()-line.second >= Slots {
			delete(t.tables, n)
		}
	}
}

// add puts one sample into its slot, and blanks those between it and the one before. If the clock
// was put back everything begins anew: seconds that come twice would be two things.
func (l *series) add(now time.Time, s view.Sample) {
	second := now.Unix()
	if l.lastAt.IsZero() || second < l.second || second-l.second >= Slots {
		for i := range l.slots {
			l.slots[i] = blank
		}
	} else {
		for at := l.second + 1; at < second; at++ {
			l.slots[at%Slots] = blank
		}
	}
	v := blank
	v.rows, v.bytes = uint32(min(s.Rows, math.MaxUint32)), s.Bytes
	if s.Lag != nil {
		v.lag = float32(s.Lag.P99.Seconds() * 1000)
	}
	// Counters that fell are of a table that has come to be anew.
	if d := now.Sub(l.lastAt).Seconds(); !l.lastAt.IsZero() && d > 0 && s.In >= l.last.In && s.Out >= l.last.Out {
		v.in, v.out = float32(float64(s.In-l.last.In)/d), float32(float64(s.Out-l.last.Out)/d)
	}
	l.slots[second%Slots] = v
	l.last, l.lastAt, l.second = s, now, second
}

// Left is how many samples were left out, since there were too many tables.
func (t *Tables) Left() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left
}

// Rates are the updates a second that came and went lately; not ok if that was not measured.
func (t *Tables) Rates(now time.Time, section, table string) (in, out float64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.tables[name{section, table}]
	if l == nil || now.Unix()-l.second > smoothing {
		return 0, 0, false
	}
	sum := bin{}
	for at := l.second - smoothing + 1; at <= l.second; at++ {
		sum.add(l.at(at))
	}
	return sum.in.mean(), sum.out.mean(), sum.in.n > 0
}

// at is the slot of a second, blank if it has none.
func (l *series) at(second int64) slot {
	if second > l.second || second <= l.second-Slots || second < 0 {
		return blank
	}
	return l.slots[second%Slots]
}

// Series is one table over time.
type Series struct {
	Section, Table       string
	In, Out              Line // updates a second
	Entries, Bytes, P99s Line // P99s in ms
}

// Read gives the last seconds, up to Slots, of one table, of all of a section, or of all, as far as
// section and table are not "". step is the distance of two numbers: a second, or more where so
// much was asked for that the answer would be too large; until is when the last of them ends.
func (t *Tables) Read(now time.Time, section, table string, seconds int) (step time.Duration, until time.Time, list []Series) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var wanted []name
	for n := range t.tables {
		if (section == "" || n.section == section) && (table == "" || n.table == table) {
			wanted = append(wanted, n)
		}
	}
	slices.SortFunc(wanted, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.table, b.table))
	})
	seconds = min(max(seconds, 1), Slots)
	width := max(1, int64((5*len(wanted)*seconds+maxNumbers-1)/maxNumbers))
	// Steps begin at whole multiples, so that what is asked for again is divided in the same way. The
	// present second is left out: it may not have been sampled yet.
	end := now.Unix() / width * width
	for _, n := range wanted {
		s := t.tables[n].read(end-(int64(seconds)+width-1)/width*width, end, width)
		s.Section, s.Table = n.section, n.table
		list = append(list, s)
	}
	return time.Duration(width) * time.Second, time.Unix(end, 0), list
}

// read gives the seconds from begin to before end, in bins of width.
func (l *series) read(begin, end, width int64) (s Series) {
	for ; begin < end; begin += width {
		b := bin{}
		for at := begin; at < begin+width; at++ {
			b.add(l.at(at))
		}
		s.In, s.Out, s.P99s = append(s.In, b.in.mean()), append(s.Out, b.out.mean()), append(s.P99s, b.worst())
		rows, bytes := unknown, unknown
		if b.measured {
			rows, bytes = float64(b.last.rows), float64(b.last.bytes)
		}
		s.Entries, s.Bytes = append(s.Entries, rows), append(s.Bytes, bytes)
	}
	return s
}

// bin gathers the slots of one step: of rates the mean, of sizes the last, of lags the worst.
type bin struct {
	in, out  average
	lag      float64
	lags     bool
	last     slot
	measured bool
}

func (b *bin) add(s slot) {
	b.in.add(s.in)
	b.out.add(s.out)
	if lag := float64(s.lag); !math.IsNaN(lag) {
		b.lag, b.lags = max(b.lag, lag), true
	}
	if s.bytes >= 0 {
		b.last, b.measured = s, true
	}
}

func (b *bin) worst() float64 {
	if !b.lags {
		return unknown
	}
	return b.lag
}

// average is of what was measured.
type average struct {
	sum float64
	n   int
}

func (a *average) add(v float32) {
	if v == v { // no NaN
		a.sum, a.n = a.sum+float64(v), a.n+1
	}
}

func (a *average) mean() float64 {
	if a.n == 0 {
		return unknown
	}
	return a.sum / float64(a.n)
}
