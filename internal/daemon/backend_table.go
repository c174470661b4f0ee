package daemon

import (
	"fmt"

	"tallystick/internal/logs"
	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/view"
)

// Dump implements view.Viewer.
func (b *backend) Dump(section, name string) (view.Dump, error) {
	s, t, err := b.table(section, name)
	if err != nil {
		return nil, err
	}
	return &dump{section: s, table: t}, nil
}

// table finds a section and one of its tables.
func (b *backend) table(section, name string) (*section, *table.Table, error) {
	s := b.section(section)
	if s == nil {
		return nil, nil, view.ErrGone
	}
	_, t := s.Table(name)
	if t == nil {
		return nil, nil, view.ErrGone
	}
	return s, t, nil
}

// dump is a place in a table.
type dump struct {
	section *section
	table   *table.Table
	place   table.Place
}

// Skim implements view.Skimmer.
func (d *dump) Skim() { d.place.Bare = true }

// Next implements view.Dump.
func (d *dump) Next(limit int, f func(*view.Entry)) (more bool) {
	return d.table.Scan(d.section.Now(), &d.place, limit, func(e *table.Entry) { f(entryOf(d.section, e)) })
}

// Get implements view.Viewer.
func (b *backend) Get(section, name string, key []byte, f func(*view.Entry)) (bool, error) {
	s, t, err := b.table(section, name)
	if err != nil {
		return false, err
	}
	return t.Get(s.Now(), key, func(e *table.Entry) {
		v := entryOf(s, e)
		for i := range e.Shares {
			v.Shares[i].Own, v.Shares[i].Aside = e.Shares[i].Lane.Schema(), e.Shares[i].Lane.Without()
		}
		for _, l := range e.Deciders {
			label := ""
			if l != nil {
				label = l.Label()
			}
			v.Deciders = append(v.Deciders, label)
		}
		f(v)
	}), nil
}

// Trace implements view.Viewer.
func (b *backend) Trace(section, name string, key []byte) ([]view.Reach, error) {
	s, t, err := b.table(section, name)
	if err != nil {
		return nil, err
	}
	var list []view.Reach
	for _, r := range s.Trace(t, key) {
		list = append(list, view.Reach{Peer: r.Peer, Known: r.Known, Pushed: r.Pushed, Acked: r.Acked, TooLong: r.Long})
	}
	return list, nil
}

func entryOf(s *section, e *table.Entry) *view.Entry {
	v := &view.Entry{Schema: e.Schema, Key: e.Key, Sum: shareOf(&e.Row)}
	for i := range e.Shares {
		c := &e.Shares[i]
		share := shareOf(&c.Row)
		share.Label, share.Expired, share.Standby = c.Label, c.Expired, c.Standby
		share.Peer, share.Source, share.Group = s.Owner(c.Lane)
		v.Shares = append(v.Shares, share)
	}
	return v
}

func shareOf(r *stick.Row) view.Share {
	return view.Share{Values: r.Values, Text: r.Text, Life: r.Life}
}

// SetPeer implements view.Operator.
func (b *backend) SetPeer(section, name string, enabled bool) error {
	s := b.section(section)
	if s == nil {
		return view.ErrGone
	}
	p := s.Peer(name)
	switch {
	case p == nil:
		return fmt.Errorf("no peer '%s' in section '%s'", name, section)
	case enabled:
		p.Enable()
	default:
		p.Disable()
	}
	return nil
}

// SetLogLevel implements view.Operator.
func (b *backend) SetLogLevel(word string) error {
	level, err := logs.ParseLevel(word)
	if err != nil {
		return err
	}
	b.logs.SetLevel(level)
	(*daemon)(b).noteLevel(word)
	return nil
}

// Reload implements view.Operator.
func (b *backend) Reload() (changed string, err error) {
	changes, err := (*daemon)(b).reload()
	(*daemon)(b).report(changes, err)
	return summary(changes), err
}

// Clear implements view.Operator.
func (b *backend) Clear(section, name string, key []byte) (rows int, err error) {
	s, t, err := b.table(section, name)
	if err != nil {
		return 0, err
	}
	defer s.Changed()
	if key == nil {
		return t.ClearAll(s.Now()), nil
	}
	if t.Clear(s.Now(), key) {
		return 1, nil
	}
	return 0, nil
}

// Set implements view.Operator.
func (b *backend) Set(section, name string, key []byte, values []view.Assignment) error {
	s, t, err := b.table(section, name)
	if err != nil {
		return err
	}
	return s.Set(t, key, func(row *stick.Row, schema *stick.Schema) {
		for _, v := range values {
			put(row, schema, v)
		}
	})
}

// put writes one value to a row: of a rate it is the events of a window that begins now.
func put(row *stick.Row, schema *stick.Schema, v view.Assignment) {
	if v.Type.Kind() == stick.Text {
		row.Text = v.Text
		return
	}
	at := schema.Word(v.Type, v.Element)
	switch {
	case at < 0: // the definition has changed meanwhile
	case v.Type.Kind() == stick.Rate:
		copy(row.Values[at:], []uint64{0, v.Value, 0})
	default:
		row.Values[at] = v.Value
	}
}

var (
	_ view.Backend = (*backend)(nil)
	_ view.Skimmer = (*dump)(nil)
)
