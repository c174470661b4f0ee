package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// watched is for how long after an Answer the next one is expected: so long rates are kept.
const watched = time.Minute

// Answer is what a GET of path below the API's root answers, such as "topology" or "tables?section=data", for
// somebody who is known already: the runtime CLI. It is one value of JSON, of refusals too; a stream has no
// end and is refused. Safe for concurrent use.
func (s *Server) Answer(path string) []byte {
	select {
	case s.asked <- struct{}{}:
	default: // Keep has not come round yet
	}
	w := &written{header: http.Header{}}
	u, err := url.ParseRequestURI(root + path)
	r := (&http.Request{Method: http.MethodGet, URL: u, Host: "localhost", Header: http.Header{}}).WithContext(context.Background())
	switch {
	case err != nil:
		r.URL = &url.URL{Path: root}
		s.fail(w, r, problem(http.StatusBadRequest, "bad_path", "'%s' is no path: blanks and the like are written as %%20", path))
	case strings.HasPrefix(u.Path, root+"events"):
		s.fail(w, r, problem(http.StatusBadRequest, "no_stream", "events are a stream, which this is not: ask 'show events'"))
	default:
		s.route(w, r)
	}
	return bytes.TrimSpace(w.Bytes())
}

// Keep samples for those who ask by Answer while there is no http line, from the first question until a minute
// after the last, so that nothing is spent on rates that nobody looks at. It returns when ctx ends.
func (s *Server) Keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.asked:
		}
		until, stop := context.WithCancel(ctx)
		end := time.AfterFunc(watched, stop)
		done := make(chan struct{})
		go func() { defer close(done); s.sample(until) }()
		for sampling := true; sampling; {
			select {
			case <-s.asked:
				end.Reset(watched)
			case <-done:
				sampling = false
			}
		}
		stop()
	}
}

// written is an answer that is kept.
type written struct {
	header http.Header
	bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *written) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. The status stands in the answer, too.
func (w *written) WriteHeader(int) {}
