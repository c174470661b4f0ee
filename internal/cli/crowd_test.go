package cli

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tallystick/internal/view"
)

// crowded is 2,000 nodes in two tables, nearly all of which no line of the configuration names.
func crowded(f *fake) { f.sections = []view.Section{crowdOf(2000, 2)} }

func crowdOf(peers, tables int) view.Section {
	s := view.Section{ID: "crowd", Name: "agg", Addr: "0.0.0.0:10000", Rules: "from any to .agg", Warm: true, MaxPeers: 3000}
	for i := range tables {
		name := fmt.Sprintf("t%d", i)
		s.Tables = append(s.Tables, view.Table{Sources: []string{name}, Target: name + ".agg", Schema: ofRates, Rows: 1000, Update: 5000, Used: 5000})
	}
	for i := range peers {
		p := alive(fmt.Sprintf("node-%d", i), "node", "")
		p.Dynamic, p.Established = i > 1, i%400 != 30
		for j := range s.Tables {
			t := &s.Tables[j]
			p.Lanes = append(p.Lanes, counting(t.Sources[0], t.Target, ofRates))
			pushed := uint32(5000)
			if i%80 == 0 {
				pushed -= uint32(i)
			}
			t.Receivers = append(t.Receivers, view.Receiver{Peer: p.Name, Pushed: pushed, Acked: pushed})
		}
		s.Peers = append(s.Peers, p)
	}
	return s
}

// Whatever has thousands of peers is written as it is made, so that a client costs little.
func TestLongAnswersAreSpilled(t *testing.T) {
	for _, c := range []struct {
		command       string
		peers, tables int
		least         int // bytes of the answer
	}{
		{"show stat", 2000, 20, 300_000},
		{"show peers", 2000, 20, 4_000_000},
		{"show aggrs", 2000, 20, 3_000_000},
		{"show topology", 2000, 20, 20_000},
		{"show topology", 100, 256, 150_000}, // as many tables as there may be
		{"show info", 2000, 20, 100},
	} {
		f := newFake()
		f.sections = []view.Section{crowdOf(c.peers, c.tables)}
		ours, theirs := net.Pipe()
		read := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, ours)
			read <- n
		}()
		client := newClient(New(Config{Backend: f}), theirs, LevelUser, nil)
		began := time.Now()
		client.execute(strings.Fields(c.command))
		client.out.flush()
		theirs.Close()
		if n := <-read; n < int64(c.least) {
			t.Errorf("%s: all of the answer comes: %d bytes", c.command, n)
		}
		if n := cap(client.out.buf); n > 4*spillAt {
			t.Errorf("%s: a client costs a few pieces, not the answer: %d bytes", c.command, n)
		}
		// What is looked up is indexed: a product of peers and tables would take minutes.
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("%s: took %v", c.command, d)
		}
	}
}
