package cli

import (
	"bytes"
	"slices"
	"strings"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// ban: "ban ID NAME KEY T V for TIME": an operator's contribution with a life of its own.
func ban(r *request) error {
	section, table, err := r.table(0)
	if err != nil {
		return err
	}
	if len(r.args) < 7 || r.args[5] != "for" {
		return r.usage()
	}
	key, err := parseKey(r.args[2], table.Schema, r.position(2))
	if err != nil {
		return err
	}
	c, err := r.column(3, strings.TrimPrefix(r.args[3], "data."), table.Schema)
	if err != nil {
		return err
	}
	if c.IsText() {
		return refuse("'%s' is no number (word %d)", c.Name(), r.position(3))
	}
	value, err := r.storable(4, c.Column.Type.Kind())
	if err != nil {
		return err
	}
	life, ok := parseTime(r.args[6], 0, view.MaxBan)
	if !ok {
		return refuse("Invalid time '%s' (word %d): a number with one of the units us, ms, s, m, h, d, up to 24d", oneLine(r.args[6]), r.position(6))
	}
	a := view.Assignment{Type: c.Column.Type, Element: c.Element, Value: value}
	if err := r.backend.Ban(section.ID, table.Target, key, a, life); err != nil {
		return err
	}
	r.printf("banned: %s of key %s in %s of %s, for %s\n", banValue(a), stick.AppendKey(nil, table.Schema.KeyType, key), oneWord(table.Target), oneWord(section.ID), r.args[6])
	r.printf("note: it ends when this process is restarted, and counts in this aggregator's sums alone: say it to each that publishes the table\n")
	switch {
	case section.Observe:
		r.printf("note: no node hears of it while the section observes\n")
	case !section.Warm:
		r.printf("note: nodes hear of it when the warm-up is over\n")
	}
	return nil
}

// banValue prints what is banned as show table prints a column.
func banValue(a view.Assignment) string {
	c := banCell(a)
	n := query.Number{Size: a.Value}
	if a.Type.Kind() == stick.Signed {
		n = query.Signed(int64(stick.Int32(a.Value)))
	}
	return c.Name() + "=" + string(n.AppendTo(nil))
}

// banCell is the cell of a ban, of whatever table.
func banCell(a view.Assignment) query.Cell {
	return query.Cell{Column: stick.Column{Type: a.Type, Len: uint8(a.Element + 1)}, Element: a.Element}
}

// unban: "unban ID NAME KEY [T]". The bans themselves are looked through and not the table: it may
// have gone, or have other keys by now.
func unban(r *request) error {
	if len(r.args) < 3 {
		return r.usage()
	}
	section, err := r.section(r.args[0], 0)
	if err != nil {
		return err
	}
	bans, err := r.backend.Bans(section.ID)
	if err != nil {
		return err
	}
	ended, table := 0, named(bans, r.args[1])
	for _, b := range bans {
		if b.Table != table || !r.isBanned(&b) {
			continue
		}
		n, err := r.backend.Unban(section.ID, b.Table, b.Key, &b.Value)
		if err != nil {
			return err
		}
		ended += n
	}
	if ended == 0 {
		if _, _, err := r.table(0); err != nil {
			return err
		}
		return refuse("No such ban of key '%s' in '%s'; see 'show bans'", oneWord(r.args[2]), oneWord(r.args[1]))
	}
	r.printf("%s ended\n", countBans(ended))
	return nil
}

// named is the wire name of the table with bans that a client means, as indexTable finds it.
func named(bans []view.Ban, wanted string) string {
	bare := strings.TrimPrefix(wanted, "/")
	for _, name := range []string{wanted, "/" + bare, bare} {
		if slices.ContainsFunc(bans, func(b view.Ban) bool { return b.Table == name }) {
			return name
		}
	}
	return wanted
}

// isBanned reports whether a ban is of the key, and of the column if there is one, that unban names.
func (r *request) isBanned(b *view.Ban) bool {
	of := &stick.Schema{KeyType: b.KeyType}
	if b.KeyType == stick.Binary {
		of.KeyLen = uint32(len(b.Key))
	}
	key, err := query.ParseKey(r.args[2], of)
	if err != nil || !bytes.Equal(key, b.Key) {
		return false
	}
	if len(r.args) < 4 {
		return true
	}
	list := query.Cells(&stick.Schema{Columns: []stick.Column{banCell(b.Value).Column}})
	c, _, found := query.FindCell(list, strings.TrimPrefix(r.args[3], "data."))
	return found && c.Element == b.Value.Element
}

func countBans(n int) string {
	if n == 1 {
		return "1 ban"
	}
	return string(query.Number{Size: uint64(n)}.AppendTo(nil)) + " bans"
}

// showBans: "show bans [ID]": each with what is left of it, in ms and in words.
func showBans(r *request) error {
	sections := r.backend.Sections()
	if len(r.args) > 0 {
		s, err := r.section(r.args[0], 0)
		if err != nil {
			return err
		}
		sections = []view.Section{*s}
	}
	for _, s := range sections {
		bans, err := r.backend.Bans(s.ID)
		if err != nil {
			return err
		}
		for _, b := range bans {
			left := max(0, b.Until.Sub(r.client.server.config.Now()))
			r.printf("%s %s key=%s %s exp=%d left=%s", oneWord(s.ID), oneWord(b.Table), stick.AppendKey(nil, b.KeyType, b.Key), banValue(b.Value), left.Milliseconds(), humanTime(left))
			if b.Idle != "" {
				r.printf(" idle: %s", oneLine(b.Idle))
			}
			r.printf("\n")
			if !r.spill() {
				return nil
			}
		}
	}
	return nil
}

// banned counts the bans of a table, or of one key if it is not nil, and how many of them each key has.
func (r *request) banned(section, table string, key []byte) (n int, byKey map[string]int) {
	bans, err := r.backend.Bans(section)
	if err != nil {
		return 0, nil // the section has gone meanwhile
	}
	byKey = map[string]int{}
	for _, b := range bans {
		if b.Table == table && (key == nil || bytes.Equal(b.Key, key)) {
			byKey[string(b.Key)]++
			n++
		}
	}
	return n, byKey
}

// stay tells of bans that a clearing has left.
func (r *request) stay(n int) {
	switch {
	case n == 1:
		r.printf("note: 1 ban stays, until 'unban' ends it\n")
	case n > 1:
		r.printf("note: %d bans stay, until 'unban' ends them\n", n)
	}
}
