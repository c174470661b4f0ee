package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
)

// contentPolicy keeps scripts, styles and connections of others out of whatever a browser makes of
// our answers: should a key ever come to be taken for markup, nothing in it runs.
const contentPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// handle is what happens to each request, from outside to inside. bound is where it came in.
func (s *Server) handle(w http.ResponseWriter, r *http.Request, bound net.Addr) {
	s.stats.requests.Add(1)
	defer s.survive(w, r)
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for what does not know frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	settings := s.settings.Load()
	if settings.TLS != nil && r.TLS == nil { // it came before a reload that wants TLS
		h.Set("Connection", "close")
		s.fail(w, r, problem(http.StatusBadRequest, "tls_required", "this address speaks TLS now: connect anew"))
		return
	}
	if p := s.guard.host(settings, bound, r); p != nil {
		s.fail(w, r, p)
		return
	}
	switch r.URL.Path { // open to all: what orchestrators ask, and nothing that is secret
	case "/healthz", "/readyz":
		s.health(w, r, settings)
		return
	}
	user, p := s.guard.user(settings, r)
	if p == nil {
		p = s.guard.origin(r)
	}
	if p != nil {
		s.fail(w, r, p)
		return
	}
	s.route(w, withUser(r, user))
}

// route hands a request to whoever answers it.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		w.Header().Set("Cache-Control", "no-store")
		loneSlash(r.URL)
		if h, pattern := s.mux.Handler(r); pattern == "" || isUnclean(r.URL.EscapedPath()) {
			s.noRoute(w, r, h)
			return
		}
		s.mux.ServeHTTP(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		s.fail(w, r, problem(http.StatusMethodNotAllowed, "method_not_allowed", "here is only something to read"))
	case r.URL.Path == "/metrics" && s.Metrics != nil:
		w.Header().Set("Cache-Control", "no-store")
		s.Metrics.ServeHTTP(w, r)
	case s.Page != nil:
		s.Page.ServeHTTP(w, r)
	default:
		s.fail(w, r, problem(http.StatusNotFound, "not_found", "there is nothing here; the API is described at /api/v1/openapi.json"))
	}
}

// noRoute answers what no route takes, in our words. h is net/http's answer: it knows which
// methods there are.
func (s *Server) noRoute(w http.ResponseWriter, r *http.Request, h http.Handler) {
	probe := &statusOnly{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		s.fail(w, r, problem(http.StatusMethodNotAllowed, "method_not_allowed", "this takes %s", probe.header.Get("Allow")))
		return
	}
	if isUnclean(r.URL.EscapedPath()) {
		s.fail(w, r, problem(http.StatusNotFound, "no_such_route", "write '/' within a name as %%2F, and '.' for itself as \\x2e"))
		return
	}
	s.fail(w, r, problem(http.StatusNotFound, "no_such_route", "there is no such route; /api/v1/openapi.json has them all"))
}

// isUnclean reports whether a path has a segment that net/http would take out. As a key it means itself.
func isUnclean(path string) bool {
	return strings.Contains(path, "//") || strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../")
}

// loneSlash escapes a segment that is "%2F" once more, as the keys of strings are printed: the mux would take it for
// the end of the path, and match nothing or the empty key.
func loneSlash(u *url.URL) {
	segments := strings.Split(u.EscapedPath(), "/")
	found := false
	for i, word := range segments {
		if strings.EqualFold(word, "%2F") {
			segments[i], found = `%5Cx2f`, true
		}
	}
	if !found {
		return
	}
	raw := strings.Join(segments, "/")
	if path, err := url.PathUnescape(raw); err == nil { // it was a path before
		u.Path, u.RawPath = path, raw
	}
}

// statusOnly is what an answer would be.
type statusOnly struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (p *statusOnly) Header() http.Header { return p.header }

// Write implements http.ResponseWriter; what is written is not kept.
func (p *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (p *statusOnly) WriteHeader(status int) { p.status = status }

// survive keeps a bug in one answer from ending the program, which has better things to do. It is
// counted and in the log, with where it was.
func (s *Server) survive(w http.ResponseWriter, r *http.Request) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v)
	default:
		s.stats.panics.Add(1)
		s.Log.Error("a request met a bug: please report it", "path", r.URL.Path, "what", fmt.Sprint(v), "stack", string(debug.Stack()))
		s.fail(w, r, problem(http.StatusInternalServerError, "bug", "a bug of ours; the log has it"))
	}
}
