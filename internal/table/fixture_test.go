package table

import (
	"fmt"
	"testing"

	"tallystick/internal/stick"
)

// fixture is a table with a clock that stands until it is told to go on.
type fixture struct {
	t     *testing.T
	now   int64
	table *Table
}

func newFixture(t *testing.T) *fixture {
	return &fixture{t: t, now: 3_600_000_000, table: New(Config{Seed: 7})}
}

// schema makes the definition of a table with string keys.
func schema(expire uint32, columns ...stick.Column) *stick.Schema {
	for i := range columns {
		columns[i].Len = max(1, columns[i].Len)
	}
	return &stick.Schema{KeyType: stick.String, KeyLen: 33, Expire: expire, Columns: columns}
}

// lane adds a lane; the first is lb1 and the first of the configuration.
func (f *fixture) lane(s *stick.Schema) *Lane {
	n := len(f.table.sortedLanes())
	l, _ := f.table.Define(nil, fmt.Sprintf("lb%d", n+1), n, s)
	return l
}

// reported is a row as a peer reports it.
func reported(key string, life uint32, values ...uint64) stick.Row {
	return stick.Row{Key: []byte(key), Values: values, Life: life}
}

func (f *fixture) apply(l *Lane, how How, rows ...stick.Row) Applied {
	return f.table.Apply(f.now, l, rows, how)
}

// pass lets ms pass, as the program does: in small steps.
func (f *fixture) pass(ms int64) {
	for end := f.now + ms; f.now < end; {
		f.now = min(f.now+50, end)
		f.table.Advance(f.now)
	}
}

// entry is a key's row, nil if there is none.
func (f *fixture) entry(key string) (found *Entry) {
	f.table.Get(f.now, []byte(key), func(e *Entry) { found = e })
	return found
}

// sum prints a key's sum: values and text; "" if there is no row.
func (f *fixture) sum(key string) string {
	e := f.entry(key)
	if e == nil {
		return ""
	}
	return print(e.Row)
}

func print(r stick.Row) string {
	s := fmt.Sprint(r.Values)
	if r.Text != "" {
		s += " " + r.Text
	}
	return s
}

// want fails unless a key's sum prints as want.
func (f *fixture) want(why, key, want string) {
	f.t.Helper()
	if got := f.sum(key); got != want {
		f.t.Errorf("%s: the sum of %s is %q, want %q", why, key, got, want)
	}
}

// drain reads everything that is due to r, each row as "key[values]".
func (f *fixture) drain(r *Reader, expire uint32) (got []string) {
	for _, row := range f.drainRows(r, expire) {
		got = append(got, string(row.Key)+print(row))
	}
	return got
}

// drainRows reads everything that is due to r.
func (f *fixture) drainRows(r *Reader, expire uint32) []stick.Row {
	out := Rows{Max: 1 << 20}
	r.Read(f.now, expire, &out)
	return out.Rows
}
