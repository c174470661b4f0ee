package web

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestConnectionsAreBounded: one too many is closed at once and counted, and with the first that goes there
// is a place again.
func TestConnectionsAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Conns = 3 })
	addr := r.serve(t)
	var held []net.Conn
	dial := func() net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for range 3 {
		held = append(held, dial())
	}
	eventually(t, "three are there", func() bool { return r.counter(t, "HttpConns") == 3 })
	c := dial()
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the fourth is not served")
	}
	if n := r.counter(t, "HttpConnsRefused"); n != 1 {
		t.Errorf("%d were counted", n)
	}
	held[0].Close()
	eventually(t, "a place is free", func() bool { return r.counter(t, "HttpConns") == 2 })
	if answer := get(t, addr, "/healthz"); answer != "ok\n" {
		t.Errorf("and given to the next: %q", answer)
	}
	for _, c := range held[1:] {
		c.Close()
	}
}

func get(t testing.TB, addr, path string) string {
	t.Helper()
	r, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}).Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestLongHeadersAreRefused: a request has 16 KiB to say who asks for what.
func TestLongHeadersAreRefused(t *testing.T) {
	addr := newRig(t).serve(t)
	q, _ := http.NewRequest("GET", "http://"+addr+"/healthz", nil)
	q.Header.Set("X-Long", strings.Repeat("x", maxHeader+8<<10))
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %s", r.Status)
	}
}

// TestStreamsAreBounded: a page too many is refused and counted.
func TestStreamsAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Limits.Streams = 2 })
	addr := r.serve(t)
	for range 2 {
		defer open(t, addr, "").end()
	}
	w := r.ask("GET", root+"events")
	if w.Code != 503 || !strings.Contains(w.Body.String(), "too_many_streams") || r.counter(t, "HttpStreamsRefused") != 1 {
		t.Errorf("the third: %d %s, counted %d", w.Code, w.Body, r.counter(t, "HttpStreamsRefused"))
	}
	if n := r.counter(t, "HttpStreams"); n != 2 {
		t.Errorf("%d are counted as open", n)
	}
}

// TestSlowReadersAreCut: whoever does not read holds up nobody, neither the hub nor the end.
func TestSlowReadersAreCut(t *testing.T) {
	r := newRig(t)
	addr := r.serve(t)
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(c, "GET %sevents HTTP/1.1\r\nHost: localhost\r\n\r\n", root) // and nothing is read
	quick := open(t, addr, "")
	defer quick.end()
	go io.Copy(io.Discard, quick.res.Body)
	eventually(t, "both are there", func() bool { return r.counter(t, "HttpStreams") == 2 })
	long := strings.Repeat("x", 64<<10)
	eventually(t, "the one that does not read is cut", func() bool {
		r.fake.log(long)
		r.fake.pass(time.Second)
		return r.counter(t, "HttpStreamsCut") == 1 && r.counter(t, "HttpStreams") == 1
	})
}

// TestEverythingEnds: when the server ends, streams, requests and goroutines do.
func TestEverythingEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	r := newRig(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := r.Serve(ctx, l); err != nil {
			t.Error(err)
		}
	})
	s := open(t, l.Addr().String(), "?section=data&table=rates.agg")
	r.fake.hold = make(chan struct{})
	asking := make(chan struct{})
	go func() {
		defer close(asking)
		if res, err := http.Get("http://" + l.Addr().String() + root + "tables/data/bin.agg/entries"); err == nil {
			res.Body.Close()
		}
	}()
	eventually(t, "somebody reads a table", func() bool { return len(r.scans) == 1 })
	stop()
	close(r.fake.hold)
	serving.Wait()
	<-asking
	s.end()
	http.DefaultClient.CloseIdleConnections()
	if n := r.counter(t, "HttpStreams"); n != 0 {
		t.Errorf("%d streams are left", n)
	}
}

// TestAListenerThatFails: the program is told.
func TestAListenerThatFails(t *testing.T) {
	r := newRig(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := r.Serve(t.Context(), l); err == nil {
		t.Error("there is no error")
	}
}

// TestTLSComesAndGoes: the settings of a line change under the same address. Who has come before has to
// come anew.
func TestTLSComesAndGoes(t *testing.T) {
	r := newRig(t)
	addr := r.serve(t)
	plain := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	status := func(c *http.Client, scheme string) int {
		res, err := c.Get(scheme + "://" + addr + "/healthz")
		if err != nil {
			return 0
		}
		defer res.Body.Close()
		io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	if got := status(plain, "http"); got != 200 {
		t.Fatalf("plain text: %d", got)
	}
	crt := selfSigned(t)
	r.Use(Settings{Listen: addr, TLS: &tls.Config{Certificates: []tls.Certificate{crt}}})
	if got := status(plain, "http"); got != 400 {
		t.Errorf("on the connection of before nothing is told any more: %d", got)
	}
	secure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}, Timeout: 5 * time.Second}
	if got := status(secure, "https"); got != 200 {
		t.Errorf("TLS: %d", got)
	}
	res, err := secure.Get("https://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ProtoMajor != 2 {
		t.Errorf("a browser has six connections to a host, and a stream takes one of them for ever: HTTP/2 has not, got %s", res.Proto)
	}
	plain.CloseIdleConnections()
	secure.CloseIdleConnections()
}

// client reads /events.
type client struct {
	t     testing.TB
	res   *http.Response
	lines *bufio.Reader
}

// event is one of them.
type event struct{ id, name, data string }

// open begins to read /events.
func open(t testing.TB, addr, query string, change ...func(*http.Request)) *client {
	t.Helper()
	q, _ := http.NewRequest("GET", "http://"+addr+root+"events"+query, nil)
	for _, f := range change {
		f(q)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 {
		b, _ := io.ReadAll(res.Body)
		t.Fatalf("%s: %s", res.Status, b)
	}
	return &client{t, res, bufio.NewReaderSize(res.Body, 1<<20)}
}

func (c *client) end() { c.res.Body.Close() }

// next is the next event; of a comment name is ":".
func (c *client) next() (e event) {
	c.t.Helper()
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			c.t.Fatalf("the stream ends: %v", err)
		}
		line = strings.TrimSuffix(line, "\n")
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "" && e != event{}:
			return e
		case strings.HasPrefix(line, ":"):
			e.name = ":"
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			e.data = value
		}
	}
}

// until reads events until one of that name, which it returns.
func (c *client) until(name string) event {
	c.t.Helper()
	for {
		if e := c.next(); e.name == name {
			return e
		}
	}
}
