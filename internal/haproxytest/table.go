package haproxytest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Entry is a row of a stick table.
type Entry struct {
	Life time.Duration // left; 0 where the table has no expire
	Use  int           // how many streams track it now

	// Numbers are the columns as HAProxy prints them: "http_req_cnt", "http_req_rate(10000)",
	// elements of an array gpc(2) as "gpc0" and "gpc1". A negative server_id is its two's complement in 64 bits.
	Numbers map[string]uint64
	// Texts are the columns that are not numbers: "server_key" ("server_name" before 2.4), "" where there is none.
	Texts map[string]string
}

// Table is "show table": rows by key, keys as HAProxy prints them. The name is that on the wire.
func (h *HAProxy) Table(name string) (map[string]Entry, error) {
	answer, err := h.CLI("show table " + local(name))
	if err != nil {
		return nil, err
	}
	rows, err := ParseTable(answer)
	if err != nil {
		return nil, fmt.Errorf("show table %s: %w", local(name), err)
	}
	return rows, nil
}

// Row returns one row of a table; an error if it is not there.
func (h *HAProxy) Row(name, key string) (Entry, error) {
	answer, err := h.CLI("show table " + local(name) + " key " + key)
	if err != nil {
		return Entry{}, err
	}
	if strings.TrimSpace(answer) == "" { // also without the heading: that comes with the first row
		return Entry{}, fmt.Errorf("%s has no key %s in %s", h.Name, key, name)
	}
	rows, err := ParseTable(answer)
	if err == nil && len(rows) != 1 {
		err = fmt.Errorf("%d rows", len(rows))
	}
	if err != nil {
		return Entry{}, fmt.Errorf("show table %s key %s: %w", local(name), key, err)
	}
	for _, row := range rows {
		return row, nil
	}
	panic("one row is there")
}

// Used is how many rows a table has.
func (h *HAProxy) Used(name string) (int, error) {
	answer, err := h.CLI("show table")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(answer) {
		if strings.HasPrefix(line, "# table: "+local(name)+",") {
			_, used, _ := strings.Cut(strings.TrimSpace(line), "used:")
			return strconv.Atoi(used)
		}
	}
	return 0, fmt.Errorf("%s has no table %s", h.Name, local(name))
}

// Clear is "clear table", whole.
func (h *HAProxy) Clear(name string) error {
	answer, err := h.CLI("clear table " + local(name))
	if err == nil && strings.TrimSpace(answer) != "" {
		err = fmt.Errorf("clear table %s: %s", local(name), strings.TrimSpace(answer))
	}
	return err
}

// ParseTable reads what "show table NAME" answers. An answer without the line that names the table, which
// is how HAProxy says no, is an error.
func ParseTable(answer string) (map[string]Entry, error) {
	if !strings.HasPrefix(answer, "# table: ") {
		return nil, fmt.Errorf("answer %q", strings.TrimSpace(answer))
	}
	rows := map[string]Entry{}
	for line := range strings.Lines(answer) {
		if !strings.HasPrefix(line, "0x") {
			continue // the heading, or an empty line at the end
		}
		key, row, err := parseEntry(line)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", line, err)
		}
		if _, twice := rows[key]; twice {
			return nil, fmt.Errorf("key %s is there twice", key)
		}
		rows[key] = row
	}
	return rows, nil
}

// parseEntry reads "0x...: key=K use=0 exp=599976 [shard=0] COLUMN=VALUE ...". In keys HAProxy writes a
// backslash before blanks, equal signs and backslashes.
func parseEntry(line string) (key string, e Entry, err error) {
	e = Entry{Numbers: map[string]uint64{}, Texts: map[string]string{}}
	_, rest, found := strings.Cut(line, ": key=")
	if !found {
		return "", e, fmt.Errorf("no key")
	}
	end := 0
	for end < len(rest) && rest[end] != ' ' {
		if rest[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(rest) {
		return "", e, fmt.Errorf("nothing behind the key")
	}
	for _, field := range strings.Fields(rest[end:]) {
		name, value, _ := strings.Cut(field, "=")
		if err := e.set(name, value); err != nil {
			return "", e, fmt.Errorf("%s: %w", field, err)
		}
	}
	return rest[:end], e, nil
}

// set takes one field of a line.
func (e *Entry) set(name, value string) (err error) {
	switch name {
	case "use":
		e.Use, err = strconv.Atoi(value)
	case "exp":
		var ms int64
		ms, err = strconv.ParseInt(value, 10, 64)
		e.Life = time.Duration(ms) * time.Millisecond
	case "shard":
		// Not a column: which of several aggregators has the key.
	case "server_key", "server_name":
		if value == "-" {
			value = ""
		}
		e.Texts[name] = value
	default:
		var n uint64
		if strings.HasPrefix(value, "-") {
			var signed int64
			signed, err = strconv.ParseInt(value, 10, 64)
			n = uint64(signed)
		} else {
			n, err = strconv.ParseUint(value, 10, 64)
		}
		e.Numbers[name] = n
	}
	return err
}
