package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"
)

// screen draws the state of the cluster, each time over the last.
type screen struct {
	out     io.Writer
	plain   bool
	nodes   []node
	traffic *traffic

	own, sum []map[string]count // by node, as last read
	drawn    int                // lines of the last page
}

// draw reads all nodes and prints one page.
func (s *screen) draw(ctx context.Context) error {
	s.own, s.sum = s.own[:0], s.sum[:0]
	for _, n := range s.nodes {
		own, sum, err := n.read(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", n.name(), err)
		}
		s.own, s.sum = append(s.own, own), append(s.sum, sum)
	}
	page := s.page()
	if !s.plain && s.drawn > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\x1b[J", s.drawn)
	}
	s.drawn = bytes.Count(page, []byte{'\n'})
	_, err := s.out.Write(page)
	return err
}

// page is one picture: a line a client, for each node what it has counted and what it reads.
func (s *screen) page() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "\ntallystick demo, %3.0f s: requests that each node has counted > the sum that it reads from its table clients.agg\nIn a browser: http://%s/   On another terminal: tallystick top -s %s\n\n%-13s", time.Since(s.traffic.begun).Seconds(), webAddress, cliAddress, "client")
	for _, n := range s.nodes {
		fmt.Fprintf(&b, " %-20s", n.name()+" "+n.version())
	}
	fmt.Fprintf(&b, " %8s %10s %7s\n", "true sum", "rate (10s)", "denied")
	for _, c := range s.traffic.clients {
		fmt.Fprintf(&b, "%-13s", c.addr)
		total, rate := 0, 0
		for i := range s.nodes {
			fmt.Fprintf(&b, " %-20s", fmt.Sprintf("%d > %d", s.own[i][c.addr].requests, s.sum[i][c.addr].requests))
			total += s.own[i][c.addr].requests
			rate = max(rate, s.sum[i][c.addr].rate)
		}
		fmt.Fprintf(&b, " %8d %10d %7d\n", total, rate, c.denied.Load())
	}
	fmt.Fprintf(&b, "\n%s\n", s.bite())
	return b.Bytes()
}

// bite tells about the limit: no node alone sees 100 requests in 10 s, all together do.
func (s *screen) bite() string {
	if ms := s.traffic.bites.Load(); ms > 0 {
		return fmt.Sprintf("The cluster-wide limit of 100 requests in 10 s began to bite after %.1f s: no node alone has seen that many.", float64(ms)/1000)
	}
	return "The cluster-wide limit of 100 requests in 10 s has not been reached yet."
}

// compare says which node does not read the sum of what all nodes have counted.
func (s *screen) compare() error {
	for _, c := range s.traffic.clients {
		total := 0
		for i := range s.nodes {
			total += s.own[i][c.addr].requests
		}
		if total == 0 {
			return fmt.Errorf("no node has counted a request of %s", c.addr)
		}
		for i, n := range s.nodes {
			if got := s.sum[i][c.addr].requests; got != total {
				return fmt.Errorf("%s reads %d for %s, the nodes together have counted %d", n.name(), got, c.addr, total)
			}
		}
	}
	return nil
}
