package main

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
)

// Commands that play HAProxy nodes:
//
//	fakepeer NAME ADDR STATEMENT...
//	    starts a node that calls the peer at ADDR, and runs it until the end of the script.
//	    The statements, each one argument:
//	        call NAME                      whom it calls; tallystick if nothing is said
//	        define TABLE TYPE COLUMNS [expire TIME]
//	        update KEY COLUMN=VALUE...     in the table defined last
//	fakepeer-update NAME TABLE KEY COLUMN=VALUE...
//	fakepeer-read NAME TABLE KEY COLUMN VALUE
//	    waits until the node has the value there, or, with !, looks that it has not
//	fakepeer-stop NAME
//
// TYPE is HAProxy's, with a length: ip, ipv6, integer, string:32, binary:4. Columns are those
// of a "store": http_req_cnt,http_req_rate(10s),gpc(3). A key or text in double quotes may have
// \n and the like, and has \x20 for a blank. The value of a rate is the events of its window, and gpc[2] is an element.

// peersKey finds the nodes of a script.
type peersKey struct{}

type peers map[string]*player

// player is a node with what is known of its tables.
type player struct {
	*fakepeer.Node
	tables map[string]*stick.Schema
}

func playerOf(ts *testscript.TestScript, name string) *player {
	p := ts.Value(peersKey{}).(peers)[name]
	if p == nil {
		ts.Fatalf("no node %s plays", name)
	}
	return p
}

func startPeer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		usageError(ts, "fakepeer NAME ADDR STATEMENT...")
	}
	name, addr := args[0], args[1]
	cfg := fakepeer.Config{Name: name, Peer: "tallystick", PID: 4711}
	cfg.Dial = func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", addr) }
	p := &player{tables: map[string]*stick.Schema{}}
	var updates [][]string // table, key, changes
	for _, statement := range args[2:] {
		switch words := strings.Fields(statement); words[0] {
		case "call":
			cfg.Peer = words[1]
		case "define":
			s, err := parseTable(words[1:])
			ts.Check(err)
			cfg.Tables = append(cfg.Tables, s)
			p.tables[s.Name] = s
		case "update":
			last := cfg.Tables[len(cfg.Tables)-1]
			updates = append(updates, append([]string{last.Name}, words[1:]...))
		default:
			ts.Fatalf("no statement: %s", statement)
		}
	}
	p.Node = fakepeer.New(cfg)
	ts.Value(peersKey{}).(peers)[name] = p
	ts.Defer(p.Stop)
	p.Start()
	for _, u := range updates { // its clock runs from its start on
		ts.Check(p.update(u[0], u[1], u[2:]))
	}
}

func stopPeer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		usageError(ts, "fakepeer-stop NAME")
	}
	playerOf(ts, args[0]).Stop()
}

func updatePeer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		usageError(ts, "fakepeer-update NAME TABLE KEY COLUMN=VALUE...")
	}
	ts.Check(playerOf(ts, args[0]).update(args[1], args[2], args[3:]))
}

// update changes one entry.
func (p *player) update(table, key string, changes []string) error {
	k, err := p.key(table, key)
	if err != nil {
		return err
	}
	var list []fakepeer.Change
	for _, c := range changes {
		column, value, _ := strings.Cut(c, "=")
		typ, i, err := parseColumn(column)
		if err != nil {
			return err
		}
		if typ.Kind() == stick.Text {
			text, err := unquote(value)
			if err != nil {
				return err
			}
			list = append(list, fakepeer.Text(typ, text))
			continue
		}
		v, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return err
		}
		list = append(list, fakepeer.Set(typ, v).At(i))
	}
	p.Touch(table, k, list...)
	return nil
}

// key reads a key of a table as scripts write it.
func (p *player) key(table, key string) (string, error) {
	s := p.tables[table]
	if s == nil {
		return "", fmt.Errorf("no table %s", table)
	}
	key, err := unquote(key)
	return fakepeer.Key(s.KeyType, key), err
}

// unquote reads a word, in double quotes with \n and the like or as it is.
func unquote(word string) (string, error) {
	if strings.HasPrefix(word, `"`) {
		return strconv.Unquote(word)
	}
	return word, nil
}

func readPeer(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 5 {
		usageError(ts, "fakepeer-read NAME TABLE KEY COLUMN VALUE")
	}
	p, want := playerOf(ts, args[0]), args[4]
	key, err := p.key(args[1], args[2])
	ts.Check(err)
	typ, i, err := parseColumn(args[3])
	ts.Check(err)
	read := func() string {
		if typ.Kind() == stick.Text {
			row, _ := p.Row(args[1], key)
			return row.Text
		}
		if v, ok := p.ReadAt(args[1], key, typ, i); ok {
			return strconv.FormatUint(v, 10)
		}
		return "no entry"
	}
	if neg {
		if read() == want {
			ts.Fatalf("%s has %s", args[0], want)
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if p.WaitFor(ctx, func() bool { return read() == want }) != nil {
		ts.Fatalf("%s has %s, not %s", args[0], read(), want)
	}
}

// parseTable reads TABLE TYPE COLUMNS [expire TIME].
func parseTable(words []string) (*stick.Schema, error) {
	if len(words) != 3 && (len(words) != 5 || words[3] != "expire") {
		return nil, fmt.Errorf("no table: %q", words)
	}
	s := &stick.Schema{Name: words[0]}
	word, length, _ := strings.Cut(words[1], ":")
	for t := range stick.Binary + 1 {
		if t.Known() && t.String() == word {
			s.KeyType = t
		}
	}
	n, _ := strconv.Atoi(length)
	s.KeyLen = uint32(s.KeyType.Width(uint32(n)))
	if s.KeyType == stick.String {
		s.KeyLen = uint32(n) + 1
	}
	for _, m := range columnForm.FindAllStringSubmatch(words[2], -1) {
		c, err := columnOf(m[1], m[2])
		if err != nil {
			return nil, err
		}
		s.Columns = append(s.Columns, c)
	}
	if len(words) == 5 {
		d, err := time.ParseDuration(words[4])
		s.Expire = uint32(d.Milliseconds())
		return s, err
	}
	return s, nil
}

var columnForm = regexp.MustCompile(`(\w+)(?:\(([^)]*)\))?`)

// columnOf reads http_req_rate(10s), gpc(3) or gpc_rate(3,10s).
func columnOf(name, args string) (stick.Column, error) {
	t, ok := stick.ParseDataType(name)
	if !ok {
		return stick.Column{}, fmt.Errorf("no data type: %s", name)
	}
	c := stick.Column{Type: t, Len: 1}
	list := strings.Split(args, ",")
	if t.IsArray() {
		n, err := strconv.Atoi(list[0])
		if err != nil {
			return c, err
		}
		c.Len, list = uint8(n), list[1:]
	}
	if t.Kind() == stick.Rate {
		d, err := time.ParseDuration(list[0])
		c.Period = uint32(d.Milliseconds())
		return c, err
	}
	return c, nil
}

// parseColumn reads a column, or an element as in gpc[2].
func parseColumn(word string) (t stick.DataType, i int, err error) {
	name, index, found := strings.Cut(strings.TrimSuffix(word, "]"), "[")
	t, ok := stick.ParseDataType(name)
	if !ok {
		return 0, 0, fmt.Errorf("no data type: %s", name)
	}
	if found {
		i, err = strconv.Atoi(index)
	}
	return t, i, err
}
