package haproxytest

import (
	"fmt"
	"strings"
)

// lineSize bounds a line of commands: HAProxy must find its end in a buffer of 16 KiB.
const lineSize = 8 << 10

// Set writes rows into a table as "set table" does, many commands a line, so that 100,000 take seconds. Each row
// is its key and then columns with values: "192.0.2.1 http_req_cnt 3 gpc0 1". What CLI can set depends on the
// version: elements of arrays ("gpc[1]") from 3.2 on, keys of type binary and server_key in none.
func (h *HAProxy) Set(table string, rows ...string) error {
	var line strings.Builder
	for i, row := range rows {
		words := strings.Fields(row)
		if len(words) < 3 || len(words)%2 == 0 {
			return fmt.Errorf("row %q is not a key with columns and values", row)
		}
		if line.Len() > 0 {
			line.WriteByte(';') // only between: behind the last one old versions look for another command
		}
		fmt.Fprintf(&line, "set table %s key %s", local(table), words[0])
		for w := 1; w < len(words); w += 2 {
			fmt.Fprintf(&line, " data.%s %s", words[w], words[w+1])
		}
		if line.Len() < lineSize && i < len(rows)-1 {
			continue
		}
		if err := h.silent(line.String()); err != nil {
			return err
		}
		line.Reset()
	}
	return nil
}

// silent sends commands that say something only when they fail.
func (h *HAProxy) silent(line string) error {
	answer, err := h.CLI(line)
	if err != nil {
		return err
	}
	if said := strings.TrimSpace(answer); said != "" {
		first, _, _ := strings.Cut(said, "\n")
		return fmt.Errorf("%s says %q to one of the commands in %.100q", h.Name, first, line)
	}
	return nil
}
