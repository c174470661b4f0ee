package cli

import (
	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// chunk is how many entries are read at a time. What they print is written before the next
// ones are read, so a slow client costs the memory of one chunk.
const chunk = 64

// showTable: "show table [ID NAME [filters] [top N by T] [json]]".
func showTable(r *request) error {
	if len(r.args) == 0 {
		return listTables(r)
	}
	section, table, err := r.table(0)
	if err != nil {
		return err
	}
	q, err := r.query(2, table.Schema)
	if err != nil {
		return err
	}
	var p printer = &lines{output: r.output}
	if q.json {
		p = &document{output: r.output, section: section, table: table}
	}
	if err := r.read(section.ID, table, q, p.entry); err != nil {
		return err
	}
	p.end()
	return nil
}

// printer is a form of the answer. It prints nothing before the first entry or the end:
// the answer may still become an error.
type printer interface {
	entry(*view.Entry)
	end()
}

// listTables is HAProxy's "show table" without a name.
func listTables(r *request) error {
	for _, s := range r.backend.Sections() {
		for _, t := range s.Tables {
			r.printf("# table: %s %s, type: %s, used:%d", oneWord(s.ID), oneWord(t.Target), t.Schema.KeyType, t.Rows)
			if s.Shard != "" {
				r.printf(", shard:%s", oneWord(s.Shard))
			}
			if t.Forwarded {
				r.printf(", forwarded")
			}
			r.printf("\n")
			r.spill()
		}
	}
	return nil
}

// read calls f with the entries that a query asks for, in its order, and lets the client
// read between them. It ends early if the client is gone.
func (r *request) read(section string, table *view.Table, q *asked, f func(*view.Entry)) error {
	pass := func(e *view.Entry) {
		if q.matches(e, table.Schema) {
			f(e)
		}
	}
	if q.top != nil {
		pass = func(e *view.Entry) {
			if q.matches(e, table.Schema) {
				q.top.Add(e, table.Schema)
			}
		}
	}
	if err := r.scan(section, table.Target, q.key, pass, r.spill); err != nil || q.top == nil {
		return err
	}
	for _, e := range q.top.Sorted() {
		if f(&e); !r.spill() {
			break
		}
	}
	return nil
}

// scan calls f with one entry, if key is not nil, or with all of a table. After each chunk
// it calls then, and ends if that reports false, or if the server ends.
func (r *request) scan(section, table string, key []byte, f func(*view.Entry), then func() bool) error {
	if key != nil {
		_, err := r.backend.Get(section, table, key, f)
		then()
		return err
	}
	d, err := r.backend.Dump(section, table)
	if err != nil {
		return err
	}
	for more := true; more; {
		more = d.Next(chunk, f)
		more = then() && more && !r.client.isOver()
	}
	return nil
}

// lines is the form of the vendor's products: a line for the sum, one below it for each share.
type lines struct {
	*output
	schema *stick.Schema // that cells is of
	cells  []query.Cell
}

func (*lines) end() {}

func (l *lines) entry(e *view.Entry) {
	l.buf = append(l.buf, "key="...)
	l.buf = stick.AppendKey(l.buf, e.Schema.KeyType, e.Key)
	l.values(e.Schema, &e.Sum)
	for i := range e.Shares {
		s := &e.Shares[i]
		l.buf = append(l.buf, "  "...)
		l.buf = append(l.buf, oneWord(s.Label)...)
		l.buf = append(l.buf, ':')
		l.values(s.In(e), s)
	}
}

// values ends a line with the columns of a share and its life.
func (l *lines) values(schema *stick.Schema, s *view.Share) {
	if l.schema != schema {
		l.schema, l.cells = schema, query.Cells(schema)
	}
	for _, c := range l.cells {
		l.buf = append(l.buf, ' ')
		l.buf = append(l.buf, c.Title...)
		l.buf = append(l.buf, '=')
		l.buf = appendValue(l.buf, c, s)
	}
	switch {
	case s.Expired:
		l.buf = append(l.buf, " expired"...)
	case s.Life == stick.Forever:
		l.buf = append(l.buf, " exp=0"...) // as HAProxy has it for a table without expire
	default:
		l.buf = append(l.buf, " exp="...)
		l.buf = query.Number{Size: uint64(s.Life)}.AppendTo(l.buf)
	}
	if s.Standby { // its values are shown: they are what the sum becomes when its peer leads
		l.buf = append(l.buf, " standby"...)
	}
	l.buf = append(l.buf, '\n')
}

// appendValue appends the value of a cell: a number, or a text escaped, or "-" if there is none.
func appendValue(b []byte, c query.Cell, s *view.Share) []byte {
	values, text := s.Counting()
	switch {
	case c.IsText() && text == "":
		return append(b, '-')
	case c.IsText():
		return stick.AppendEscaped(b, []byte(text))
	}
	return c.Number(values).AppendTo(b)
}
