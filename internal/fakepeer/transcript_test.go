package fakepeer

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// TestTranscripts plays the peer of captured sessions against a Node that does to its
// tables what was done to HAProxy's, and expects the messages of HAProxy: the same, in the
// same order, but for ages, remaining lives and heartbeats.
func TestTranscripts(t *testing.T) {
	for _, branch := range []struct{ version, branch string }{{"2.2.9", "2.2"}, {"2.6.12", "2.6"}, {"3.0.11", "3.0"}, {"3.2.26", "3.2"}, {"3.4.0", "3.4"}} {
		for _, scenario := range []string{"learn", "resync"} {
			t.Run(branch.version+"-"+scenario, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlay(t, "../wire/testdata/captures/"+branch.version+"-"+scenario+".txt", Version(branch.branch))
					p.exact = scenario == "resync"
					defer p.stop()
					p.run()
				})
			})
		}
	}
}

// said is a line of a capture.
type said struct {
	by   byte // '<' HAProxy, '>' the peer, 's' a new session, '#' a remark
	b    []byte
	text string
}

// play is one transcript under way.
type play struct {
	t      *testing.T
	lines  []said
	at     int
	node   *Node
	conn   net.Conn
	calls  chan net.Conn
	got    chan wire.Message
	exact  bool // forms of updates count: nothing was changed while HAProxy was about to push
	schema *stick.Schema
	last   map[string]uint32 // by table: id of its last update
}

func newPlay(t *testing.T, file string, q Quirks) *play {
	p := &play{t: t, calls: make(chan net.Conn, 1), last: map[string]uint32{}}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		l := scan.Text()
		if strings.HasPrefix(l, "# F") {
			break // two remote peers: a Node has one
		}
		digits, text, _ := strings.Cut(strings.TrimLeft(l, "<> "), " ; ")
		b, _ := hex.DecodeString(digits)
		if l != "" && !strings.HasSuffix(text, `\n'`) && text != "STATUS" && text != "CTRL HEARTBEAT" {
			p.lines = append(p.lines, said{l[0], b, l})
		}
	}
	p.node = New(Config{Name: "hap", Peer: "agg", PID: 15548, Tables: p.tables(), Quirks: q,
		Dial: func(context.Context) (net.Conn, error) {
			theirs, ours := net.Pipe()
			p.calls <- ours
			return theirs, nil
		}})
	return p
}

// tables are those that the capture defines, by id.
func (p *play) tables() []*stick.Schema {
	var all [9]*stick.Schema
	n := 0
	for _, l := range p.lines {
		if m, _, err := wire.Next(l.b); err == nil && l.by == '<' && m.Type == wire.Definition && m.Class == wire.ClassStick {
			s := new(stick.Schema)
			id, _ := wire.ParseDefinition(m.Payload, s)
			all[id-1], n = s, max(n, int(id))
		}
	}
	return all[:n]
}

func (p *play) run() {
	p.node.Start()
	if p.exact && p.lines[4].by == '>' { // 3.4.0 was told that the lesson is over before it had asked for one
		p.node.mu.Lock()
		p.node.learned = true
		p.node.mu.Unlock()
	}
	remark, sessions := byte('A'), 0
	for p.at = 0; p.at < len(p.lines); p.at++ {
		l := p.lines[p.at]
		switch {
		case l.by == '#':
			remark, sessions = l.text[2], 0
		case l.by == 's' && p.at+1 < len(p.lines) && p.lines[p.at+1].by != '#':
			sessions++
			if remark == 'E' && sessions == 2 {
				p.node.Restart(Reload)
			}
			p.session(remark == 'C')
		case l.by == '>':
			switch {
			case l.text == "> 0003 ; CONFIRM":
				p.ahead()
			case l.text == "> 0000 ; RESYNCREQ" && !p.exact: // "clear table t_ip" on the CLI
				p.node.Clear("t_ip", Key(stick.IPv4, "10.1.2.3"))
			}
			if _, err := p.conn.Write(l.b); err != nil {
				p.t.Fatalf("%s: %v", l.text, err)
			}
			synctest.Wait()
		case l.by == '<':
			p.expect(l)
		}
	}
	if len(p.got) > 0 {
		p.t.Errorf("%d messages are left, first %+v", len(p.got), <-p.got)
	}
}

func (p *play) stop() {
	p.node.Stop()
	if p.conn != nil {
		p.conn.Close()
	}
}

// session ends the old session and waits for the node's call, or calls it.
func (p *play) session(weCall bool) {
	if p.conn != nil {
		p.conn.Close()
	}
	if weCall {
		ours, theirs := net.Pipe()
		go p.node.Accept(theirs)
		_, _ = ours.Write(wire.Hello{Minor: 1, Called: "hap", Caller: "agg", PID: "1"}.Append(nil))
		p.line(ours, "200\n")
		p.conn = ours
	} else {
		p.conn = <-p.calls
		p.line(p.conn, "HAProxyS 2.1\nagg\nhap "+strconv.Itoa(p.node.pid)+" 1\n")
		_, _ = p.conn.Write(wire.AppendStatus(nil, wire.StatusOK))
	}
	p.got = make(chan wire.Message, 1000)
	go receive(p.conn, p.got)
	synctest.Wait()
}

func (p *play) line(c net.Conn, want string) {
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		p.t.Fatalf("the handshake is %q, %v, want %q", b, err, want)
	}
}

// receive cuts what the node says into messages, without its heartbeats.
func receive(c net.Conn, got chan<- wire.Message) {
	var b []byte
	for in := make([]byte, 4096); ; {
		n, err := c.Read(in)
		if err != nil {
			return
		}
		b = append(b, in[:n]...)
		for {
			m, n, err := wire.Next(b)
			if err != nil {
				break
			}
			b = b[n:]
			if m.Class != wire.ClassControl || m.Type != wire.Heartbeat {
				m.Payload = append([]byte(nil), m.Payload...)
				got <- m
			}
		}
		b = append([]byte(nil), b...)
	}
}

// expect compares the next message with what HAProxy said. If there is none, something was
// done to HAProxy at this time: it is done to the node.
func (p *play) expect(l said) {
	want, _, err := wire.Next(l.b)
	if err != nil {
		p.t.Fatal(err)
	}
	if len(p.got) == 0 {
		p.do(p.at)
		synctest.Wait()
	}
	if len(p.got) == 0 {
		p.t.Fatalf("nothing is said, want %s", l.text)
	}
	got := <-p.got
	prev := p.prev()
	if a, b := p.normal(got, prev), p.normal(want, prev); a != b {
		p.t.Fatalf("the node says\n\t%s, HAProxy said\n\t%s\n\t%s", a, b, l.text)
	}
}

// prev is the id before that of an incremental update of the table that is spoken of.
func (p *play) prev() uint32 {
	if p.schema == nil {
		return 0
	}
	return p.last[p.schema.Name]
}

// ahead does what was done to HAProxy while a lesson was not confirmed, which is pushed
// behind the confirmation.
func (p *play) ahead() {
	for i := p.at + 1; p.lines[i].by == '<' && !strings.Contains(p.lines[i].text, "DEFINE"); i++ {
		p.do(i)
	}
}

// do looks for the update from line i on and does to the table what makes the node say it.
func (p *play) do(i int) {
	s := p.schema
	for ; i < len(p.lines); i++ {
		m, _, err := wire.Next(p.lines[i].b)
		if err != nil || m.Class != wire.ClassStick {
			return
		}
		if m.Type == wire.Definition {
			s = new(stick.Schema)
			_, _ = wire.ParseDefinition(m.Payload, s)
			p.schema = s
			continue
		}
		if m.Type != wire.UpdateFull && m.Type != wire.UpdateIncremental {
			return
		}
		_, row, _, _ := wire.ParseUpdate(m, s, 0, nil, nil)
		_, text, _ := strings.Cut(p.lines[i].text, "upd=") // incremental ones have it there only
		digits, _, _ := strings.Cut(text, " ")
		id, _ := strconv.ParseUint(digits, 10, 32)
		p.touch(s.Name, uint32(id), row)
		return
	}
}

// touch makes row the entry's value and changes it until its number is id: HAProxy counts
// several changes for one request.
func (p *play) touch(name string, id uint32, row stick.Row) {
	n := p.node
	n.mu.Lock()
	defer n.mu.Unlock()
	t, now := n.table(name), time.Now()
	if int32(id-t.counter) <= 0 {
		return
	}
	e := t.get(now, string(row.Key))
	copy(e.vals, row.Values)
	t.rates(e.vals, func(r rate, _ uint32) { r[0] = uint64(n.clock(now) - uint32(r[0])) })
	for t.counter != id {
		t.touch(now, e)
	}
	if n.link != nil {
		n.link.poke()
	}
}

// normal prints a message without what depends on the clock.
func (p *play) normal(m wire.Message, prev uint32) string {
	if m.Class != wire.ClassStick || m.Type < wire.UpdateFull || m.Type > wire.UpdateIncrementalTimed ||
		m.Type > wire.UpdateIncremental && m.Type < wire.UpdateTimed {
		if m.Class == wire.ClassStick && m.Type == wire.Definition {
			p.schema = new(stick.Schema)
			_, _ = wire.ParseDefinition(m.Payload, p.schema)
		}
		return fmt.Sprintf("%02x%02x %x", m.Class, m.Type, m.Payload)
	}
	id, row, _, err := wire.ParseUpdate(m, p.schema, prev, nil, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	newTable(0, p.schema).rates(row.Values, func(r rate, _ uint32) { r[0] = 0 })
	p.last[p.schema.Name] = id
	form := m.Type
	if !p.exact {
		form &^= 1 // 0x80 and 0x81, 0x84 for 0x85, 0x86 for itself
	}
	return fmt.Sprintf("%s %02x id=%d %x %d", p.schema.Name, form, id, row.Key, row.Values)
}
