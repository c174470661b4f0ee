package bench

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"tallystick/internal/bench/load"
	"tallystick/internal/bench/measure"
)

// latency: from a request at a real HAProxy to the update at another peer, directly and through
// us, when nothing else happens.
func (s *suite) latency() ([]Line, error) {
	p50 := Line{What: "request to sum at a third peer, idle, p50", Unit: "s"}
	p99 := Line{What: "request to sum at a third peer, idle, p99", Unit: "s"}
	if s.o.HAProxy == "" {
		p50, p99 = s.against(p50, "", 0, 0), s.against(p99, "", 0, 0)
		return []Line{p50, p99}, nil
	}
	direct, err := s.direct()
	if err != nil {
		return nil, fmt.Errorf("directly: %w", err)
	}
	through, err := s.through()
	if err != nil {
		return nil, fmt.Errorf("through us: %w", err)
	}
	of := "directly from " + haproxyName(s.o.HAProxy) + " to a peer"
	p50.Value, p50.Anchor, p50.Of = through.Percentile(50).Seconds(), direct.Percentile(50).Seconds(), of
	p50.Goal = p50.Anchor + 0.00015
	p99.Value, p99.Anchor, p99.Goal = through.Percentile(99).Seconds(), direct.Percentile(99).Seconds(), 2*direct.Percentile(99).Seconds()
	p99.Note = fmt.Sprintf("%d requests each", through.Count())
	return []Line{p50, p99}, nil
}

// direct measures from a request to the update of a played peer.
func (s *suite) direct() (*measure.Histogram, error) {
	h, err := startHAProxy(s.ctx, s.o.HAProxy, s.dir, standard().String()+" size 1m", "g1 "+nowhere)
	if err != nil {
		return nil, err
	}
	defer h.stop()
	return s.requests(h, h, "g1", tableName)
}

// through measures from a request to the sum that a played peer hears from us.
func (s *suite) through() (*measure.Histogram, error) {
	t, err := s.ours([]string{"g1", "hap"})
	if err != nil {
		return nil, err
	}
	defer t.stop()
	h, err := startNamedHAProxy(s.ctx, s.o.HAProxy, s.dir, "hap", standard().String()+" size 1m", us+" "+t.addr)
	if err != nil {
		return nil, err
	}
	defer h.stop()
	return s.requests(h, t, "g1", tableName+suffix)
}

// requests sends requests to a HAProxy, one key each, and measures until the peer hears of it
// from another process.
func (s *suite) requests(h, from *subject, peer, twin string) (*measure.Histogram, error) {
	n := max(100, 1000/s.o.Scale)
	heard := make([]time.Time, n+1)
	var mu sync.Mutex
	c := load.Config{Target: from.addr, Called: from.called, Names: []string{peer}, Schema: standard(), Twin: twin, Keys: n + 1,
		Hear: func(key uint32, _ uint64, at time.Time) {
			mu.Lock()
			defer mu.Unlock()
			if int(key) <= n && heard[key].IsZero() {
				heard[key] = at
			}
		}}
	f, err := load.Dial(s.ctx, c)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	conn, err := net.Dial("tcp", h.web)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	has := func(key int) bool { mu.Lock(); defer mu.Unlock(); return !heard[key].IsZero() }
	// Key 0 until its update comes: then all sessions are up and all lessons over.
	for until := time.Now().Add(30 * time.Second); !has(0); {
		if err := request(conn, r, 0); err != nil {
			return nil, err
		}
		if time.Now().After(until) {
			return nil, fmt.Errorf("no update of a request came within 30 s")
		}
		if err := s.pause(50 * time.Millisecond); err != nil {
			return nil, err
		}
	}
	if err := s.pause(time.Second); err != nil {
		return nil, err
	}
	due, err := s.requestAll(conn, r, n)
	if err != nil {
		return nil, err
	}
	if err := s.pause(100 * time.Millisecond); err != nil {
		return nil, err
	}
	var lat measure.Histogram
	for k := 1; k <= n; k++ {
		if !has(k) {
			return nil, fmt.Errorf("the update of request %d of %d has not come", k, n)
		}
		lat.Add(heard[k].Sub(due[k]))
	}
	return &lat, nil
}

// requestAll makes the requests 1 to n, and tells when each was made.
func (s *suite) requestAll(conn net.Conn, r *bufio.Reader, n int) (due []time.Time, err error) {
	due = make([]time.Time, n+1)
	for k := 1; k <= n; k++ {
		due[k] = time.Now()
		if err := request(conn, r, k); err != nil {
			return nil, err
		}
		// Not in step with anybody's timers.
		if err := s.pause(4*time.Millisecond + time.Duration(k%7)*300*time.Microsecond); err != nil {
			return nil, err
		}
	}
	return due, nil
}

// request makes one request that is counted under a key.
func request(conn net.Conn, r *bufio.Reader, key int) error {
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nhost: x\r\nx-key: 10.%d.%d.%d\r\n\r\n", key>>16, key>>8&255, key&255); err != nil {
		return err
	}
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("a request is answered with %s", res.Status)
	}
	return nil
}
