package web

import (
	"fmt"
	"net/http"
	"strings"
)

// check is one thing that has to be so before we are ready.
type check struct {
	name string
	why  string // why it is not so; "" if it is
	more string // what only those may know who are let in
}

// health answers /healthz, whether we are to be killed, and /readyz, whether we are to be asked, in the
// words of Kubernetes: who is asked is mostly its kubelet, and whoever reads it knows them.
func (s *Server) health(w http.ResponseWriter, r *http.Request, settings *Settings) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		s.fail(w, r, problem(http.StatusMethodNotAllowed, "method_not_allowed", "here is only something to read"))
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	status, text := http.StatusOK, "ok\n"
	if r.URL.Path == "/healthz" {
		if err := s.Meter.Alive(); err != nil {
			status, text = http.StatusInternalServerError, err.Error()+"\n"
		}
	} else {
		checks := s.readiness(s.snaps.take())
		ready := isReady(checks)
		if !ready {
			status = http.StatusServiceUnavailable
		}
		if _, verbose := r.URL.Query()["verbose"]; verbose || !ready {
			_, p := s.guard.user(settings, quiet(r))
			text = told(checks, ready, p == nil)
		}
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, text)
}

// quiet is the request without a password, so that none is tried here, unless it has none: whoever
// is let in by nothing, or by a certificate, may know more.
func quiet(r *http.Request) *http.Request {
	q := r.Clone(r.Context())
	q.Header.Del("Authorization")
	return q
}

// readiness lists what has to be so. A configuration that was refused makes us not ready: what
// serves is not what was written, and a rollout shall not go on over it.
func (s *Server) readiness(now *snapshot) []check {
	listening := check{name: "listening"} // or nobody could ask
	if now.process.Stopping {
		listening.why = "stopping"
	}
	list := []check{listening}
	for i := range now.sections {
		c := check{name: "section " + now.sections[i].ID}
		if v := &now.sections[i]; !v.Warm {
			c.why = fmt.Sprintf("warming up, %d of %d heard", v.WarmHeard, v.WarmExpected)
		}
		list = append(list, c)
	}
	configuration := check{name: "configuration"}
	if now.process.Reload.Refused() {
		configuration.why, configuration.more = "last reload refused", now.process.Reload.Message
	}
	return append(list, configuration)
}

func isReady(checks []check) bool {
	for _, c := range checks {
		if c.why != "" {
			return false
		}
	}
	return true
}

// told is the answer of /readyz?verbose.
func told(checks []check, ready, all bool) string {
	var b strings.Builder
	for _, c := range checks {
		if c.why == "" {
			fmt.Fprintf(&b, "[+]%s ok\n", c.name)
			continue
		}
		fmt.Fprintf(&b, "[-]%s: %s", c.name, c.why)
		switch {
		case c.more != "" && all:
			fmt.Fprintf(&b, ": %s", strings.ReplaceAll(strings.TrimSpace(c.more), "\n", "\n   "))
		case c.more != "":
			b.WriteString(": reason withheld")
		}
		b.WriteByte('\n')
	}
	if ready {
		b.WriteString("readyz check passed\n")
	} else {
		b.WriteString("readyz check failed\n")
	}
	return b.String()
}
