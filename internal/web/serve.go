package web

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// The times that a client is given. A stream's are its own.
const (
	headerTime = 5 * time.Second  // to say what it wants, and for the TLS handshake
	bodyTime   = 10 * time.Second // to send all of it
	answerTime = 60 * time.Second // to read the answer, from the end of the request's header
	idleTime   = 60 * time.Second // between two requests
	endTime    = time.Second      // for what is being answered when we end
	maxHeader  = 16 << 10         // bytes
)

// Serve answers the clients of a listener by the settings of Use, until ctx ends or the listener fails. It
// closes the listener and all connections, and returns when the last goroutine has ended: nil if ctx was
// the reason.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel()
	helpers.Go(func() { s.sample(ctx) })

	bound := l.Addr()
	var answering sync.WaitGroup // net/http does not wait for handlers whose connection it has closed
	defer answering.Wait()
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answering.Add(1)
			defer answering.Done()
			s.handle(w, r, bound)
		}),
		ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader,
		BaseContext:    func(net.Listener) context.Context { return ctx },
		// What strangers do wrong below HTTP is theirs: handshakes that fail, bytes that are none.
		ErrorLog: log.New(debugLog{s.Log}, "", 0),
	}
	helpers.Go(func() {
		<-ctx.Done()
		s.hub.cutAll()
		end, done := context.WithTimeout(context.Background(), endTime)
		defer done()
		if server.Shutdown(end) != nil {
			server.Close()
		}
	})
	err := server.Serve(&listener{Listener: l, server: s})
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("http %s: %w", bound, err)
}

// protocols are what a client may speak over TLS. Pages want HTTP/2: a browser has six connections to a host,
// and a stream takes one of them for as long as its page is open.
var protocols = []string{"h2", "http/1.1"}

// speaking is a configuration of TLS that tells clients what we speak.
func speaking(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.NextProtos = protocols
	if inner := c.GetConfigForClient; inner != nil {
		c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			got, err := inner(h)
			if got != nil {
				got = got.Clone()
				got.NextProtos = protocols
			}
			return got, err
		}
	}
	return c
}

// debugLog is where net/http complains of its clients.
type debugLog struct{ log *slog.Logger }

// Write implements io.Writer: one call is one complaint.
func (d debugLog) Write(line []byte) (int, error) {
	d.log.Debug("http client", "why", string(line))
	return len(line), nil
}

// listener takes no more connections than the limit, and wraps them in TLS by the present
// settings.
type listener struct {
	net.Listener
	server *Server
}

// Accept closes what is too much at once: to let it wait would make all others wait behind it.
func (l *listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		st := &l.server.stats
		if st.conns.Add(1) > int64(l.server.Limits.Conns) {
			st.conns.Add(-1)
			st.connsRefused.Add(1)
			nc.Close()
			continue
		}
		counted := &conn{Conn: nc, gone: sync.OnceFunc(func() { st.conns.Add(-1) })}
		if c := l.server.settings.Load().TLS; c != nil {
			return tls.Server(counted, c), nil
		}
		return counted, nil
	}
}

// conn is a connection that is counted.
type conn struct {
	net.Conn
	gone func()
}

// Close gives its place to another one.
func (c *conn) Close() error {
	defer c.gone()
	return c.Conn.Close()
}
