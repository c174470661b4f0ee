package wire

import (
	"encoding/binary"
	"fmt"
	"strings"

	"tallystick/internal/stick"
)

// describe prints a schema as the captures have it.
func describe(s *stick.Schema) string {
	var names, params []string
	var bits uint64
	for _, c := range s.Columns {
		bits |= 1 << c.Type
		names = append(names, c.Type.String())
		size, period := "None", "None"
		if c.Type.IsArray() {
			size = fmt.Sprint(c.Len)
		}
		if c.Type.Kind() == stick.Rate {
			period = fmt.Sprint(c.Period)
		}
		if size != "None" || period != "None" {
			params = append(params, fmt.Sprintf("%d: (%d, %s, %s)", c.Type, c.Type, size, period))
		}
	}
	kinds := map[stick.KeyType]string{stick.Integer: "sint", stick.IPv4: "ip", stick.IPv6: "ipv6", stick.String: "str", stick.Binary: "bin"}
	return fmt.Sprintf(" kt=%s klen=%d data=0x%x(%s) expire=%d params={%s} rest=",
		kinds[s.KeyType], s.KeyLen, bits, strings.Join(names, ","), s.Expire, strings.Join(params, ", "))
}

// show prints a row as the captures have it.
func show(typ byte, id uint32, s *stick.Schema, row *stick.Row) string {
	kind := map[byte]string{UpdateFull: "UPDATE", UpdateIncremental: "INCUPDATE", UpdateTimed: "UPDATE_TIMED", UpdateIncrementalTimed: "INCUPDATE_TIMED"}[typ]
	life := ""
	if typ >= UpdateTimed {
		life = fmt.Sprintf(" exp=%dms", sentLife(row.Life, s.Expire))
	}
	key := fmt.Sprintf("'%x'", row.Key)
	switch s.KeyType {
	case stick.Integer:
		key = fmt.Sprint(binary.BigEndian.Uint32(row.Key))
	case stick.String:
		key = fmt.Sprintf("b'%s'", row.Key)
	}
	return fmt.Sprintf("%s [%s] upd=%d (0x%08x)%s key=%s {%s}", kind, s.Name, id, id, life, key, showValues(s, row))
}

func showValues(s *stick.Schema, row *stick.Row) string {
	var out []string
	vals := row.Values
	for _, c := range s.Columns {
		var cells []string
		for range c.Len {
			switch c.Type.Kind() {
			case stick.Rate:
				cells = append(cells, fmt.Sprintf("(%d, %d, %d)", vals[0], vals[1], vals[2]))
				vals = vals[3:]
			case stick.Signed:
				cells = append(cells, fmt.Sprint(uint64(int64(stick.Int32(vals[0])))))
				vals = vals[1:]
			case stick.Text:
				cells = append(cells, row.Text)
			default:
				cells = append(cells, fmt.Sprint(vals[0]))
				vals = vals[1:]
			}
		}
		text := strings.Join(cells, ", ")
		if c.Type.IsArray() {
			text = "[" + text + "]"
		}
		out = append(out, fmt.Sprintf("'%s': %s", c.Type, text))
	}
	return strings.Join(out, ", ")
}
