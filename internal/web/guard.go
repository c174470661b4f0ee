package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// guard decides who is let in.
type guard struct {
	server   *Server
	crossing http.CrossOriginProtection

	mu       sync.Mutex
	toldAt   time.Time // when the log was last told that somebody was not let in
	untold   int       // how often since
	foreigns time.Time // the same of hosts
}

// tellEvery is how often the log hears of those who are not let in: it could be filled by them.
const tellEvery = time.Minute

// host keeps pages of others out that have made their own name point at us (DNS rebinding): to the
// browser they are then of our origin, and what needs no password is theirs. The name that they came
// by gives them away. Where a password or a certificate is wanted they have none, as those are kept
// for the name. Unix sockets are out of a browser's reach.
func (g *guard) host(settings *Settings, bound net.Addr, r *http.Request) *trouble {
	if settings.Auth != nil || certified(r) {
		return nil
	}
	at, ok := bound.(*net.TCPAddr)
	if !ok || isOurs(r.Host, settings.Listen, at) {
		return nil
	}
	g.server.stats.hosts.Add(1)
	g.once(&g.foreigns, func(int) {
		g.server.Log.Warn("a request for a host that we are not was refused: through a proxy set the header, 'http-request set-header Host localhost'",
			"host", shorten(r.Host), "from", r.RemoteAddr)
	})
	return problem(http.StatusMisdirectedRequest, "foreign_host", "this is not the host %q; call it localhost, or by the address of the http line", shorten(r.Host))
}

// isOurs reports whether a Host header names us: localhost, a loopback address, or the address that we
// listen on. The port is not looked at: a tunnel has another.
func isOurs(header, listen string, bound *net.TCPAddr) bool {
	host := hostOf(header)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761: nobody else's
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback() || bound.IP.Equal(ip.Unmap().AsSlice())
	}
	return host != "" && host == hostOf(listen) && !strings.ContainsAny(host, "*@/")
}

// hostOf is the host of an address, without brackets and port, in lower case.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"), "."))
}

// certified reports whether the client has shown a certificate that was good.
func certified(r *http.Request) bool { return r.TLS != nil && len(r.TLS.VerifiedChains) > 0 }

// user tells who asks: the name in the certificate, or that of the password; "" where nobody
// has to say. One of both is enough, unless the settings want both.
func (g *guard) user(settings *Settings, r *http.Request) (string, *trouble) {
	if certified(r) && (!settings.Both || settings.Auth == nil) {
		crt := r.TLS.PeerCertificates[0]
		if len(crt.DNSNames) > 0 {
			return crt.DNSNames[0], nil
		}
		return crt.Subject.CommonName, nil
	}
	if settings.Auth == nil {
		return "", nil
	}
	name, password, given := r.BasicAuth()
	verdict := missing
	if given {
		verdict = settings.Auth.check(g.server.Now(), name, password, sourceOf(r))
	}
	switch verdict {
	case right:
		return name, nil
	case limited:
		g.server.stats.limited.Add(1)
		return "", problem(http.StatusTooManyRequests, "too_many_attempts", "too many wrong passwords came from there: wait a moment")
	case wrong:
		g.server.stats.passwords.Add(1)
		g.once(&g.toldAt, func(more int) {
			g.server.Log.Warn("wrong user or password", "user", shorten(name), "from", r.RemoteAddr, "and_since_then", more)
		})
	}
	return "", problem(http.StatusUnauthorized, "unauthorized", "user and password are wanted")
}

// sourceOf is where a request comes from, without the port: all of a unix socket are one.
func sourceOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "unix"
	}
	return host
}

// origin keeps the page of another site from acting in the name of whoever looks at it (CSRF).
// Reading changes nothing and is not looked at: without our word a browser gives no other site the
// answer.
func (g *guard) origin(r *http.Request) *trouble {
	if g.crossing.Check(r) == nil {
		return nil
	}
	g.server.stats.crossOrigin.Add(1)
	return problem(http.StatusForbidden, "cross_origin", "this was asked by a page of another site")
}

// once calls f at most every tellEvery, with how often it was not called since.
func (g *guard) once(at *time.Time, f func(more int)) {
	g.mu.Lock()
	now := g.server.Now()
	if !at.IsZero() && now.Sub(*at) < tellEvery {
		g.untold++
		g.mu.Unlock()
		return
	}
	more := g.untold
	*at, g.untold = now, 0
	g.mu.Unlock()
	f(more)
}

// shorten keeps what a stranger says within a line.
func shorten(s string) string { return s[:min(len(s), 64)] }

// userKey is where a request's context has the user.
type userKey struct{}

func withUser(r *http.Request, user string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), userKey{}, user))
}

// userOf is who asks, "" if nobody had to say.
func userOf(r *http.Request) string {
	name, _ := r.Context().Value(userKey{}).(string)
	return name
}
