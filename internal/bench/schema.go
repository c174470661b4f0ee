package bench

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tallystick/internal/stick"
)

// tableName is that of the table which is reported: one of a peers section.
const tableName = "/t"

// standardStore is what the table of every figure counts.
const standardStore = "conn_cnt,http_req_cnt,http_req_rate(10s),bytes_out_rate(10s)"

// expire is the life of an entry: longer than any measurement.
const expire = 3600_000

// ParseTable makes the table that is reported of the words that HAProxy has for it: the type
// of its keys, ip, ipv6, integer or string, and what it stores.
func ParseTable(typ, store string) (*stick.Schema, error) {
	s := &stick.Schema{Name: tableName, Expire: expire}
	for t, length := range map[stick.KeyType]uint32{stick.IPv4: 4, stick.Integer: 4, stick.IPv6: 16, stick.String: 33} {
		if t.String() == typ {
			s.KeyType, s.KeyLen = t, length
		}
	}
	if s.KeyType == 0 {
		return nil, fmt.Errorf("type '%s' is not one of ip, ipv6, integer, string", typ)
	}
	columns := map[stick.DataType]stick.Column{}
	for rest := store; rest != ""; {
		var word string
		if end := strings.IndexAny(rest, ",("); end >= 0 && rest[end] == '(' {
			closing := strings.IndexByte(rest, ')')
			if closing < 0 {
				return nil, fmt.Errorf("'%s' has no ')'", rest)
			}
			word, rest = rest[:closing+1], strings.TrimPrefix(rest[closing+1:], ",")
		} else {
			word, rest, _ = strings.Cut(rest, ",")
		}
		c, err := parseColumn(word)
		if err != nil {
			return nil, err
		}
		columns[c.Type] = c
	}
	for t := stick.DataType(0); t.Known(); t++ {
		if c, ok := columns[t]; ok {
			s.Columns = append(s.Columns, c)
		}
	}
	return s, nil
}

// parseColumn reads one column, such as http_req_cnt, http_req_rate(10s), gpc(3), gpc_rate(3,10s).
func parseColumn(word string) (stick.Column, error) {
	name, args, _ := strings.Cut(strings.TrimSuffix(word, ")"), "(")
	t, ok := stick.ParseDataType(name)
	if !ok {
		return stick.Column{}, fmt.Errorf("'%s' is nothing that a table stores", name)
	}
	c := stick.Column{Type: t, Len: 1}
	left := []string{}
	if args != "" {
		left = strings.Split(args, ",")
	}
	next := func() string {
		if len(left) == 0 {
			return ""
		}
		s := left[0]
		left = left[1:]
		return s
	}
	if t.IsArray() {
		n, err := strconv.Atoi(next())
		if err != nil || n < 1 || n > stick.MaxElements {
			return c, fmt.Errorf("'%s' needs a number of elements, 1 to %d", word, stick.MaxElements)
		}
		c.Len = uint8(n)
	}
	if t.Kind() == stick.Rate {
		d, err := time.ParseDuration(next())
		if err != nil || d < time.Millisecond || d > 24*time.Hour {
			return c, fmt.Errorf("'%s' needs a period, as in %s(10s)", word, name)
		}
		c.Period = uint32(d.Milliseconds())
	}
	if len(left) > 0 {
		return c, fmt.Errorf("'%s': nothing follows '%s'", word, args[:len(args)-len(strings.Join(left, ","))-1])
	}
	return c, nil
}

// standard is the table of every figure: four columns, two of them rates.
func standard() *stick.Schema {
	s, err := ParseTable("ip", standardStore)
	if err != nil {
		panic(err) // of a constant
	}
	return s
}
