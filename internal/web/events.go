package web

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"tallystick/internal/history"
	"tallystick/internal/query"
)

// streamTime is how long a reader of /events may take to read a piece before it is cut.
const streamTime = 10 * time.Second

// events streams what is new, as server-sent events, until the reader goes or is cut.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	out := &stream{w: w, c: http.NewResponseController(w)}
	me := &reader{pieces: make(chan []byte, waiting), cut: make(chan struct{})}
	me.abort = func() { _ = out.c.SetWriteDeadline(time.Now()) } // not possible: then it ends by itself, later
	if err := s.wanted(r, me); err != nil {
		return err
	}
	if me.top != nil {
		defer s.tops.leave(me.top)
	}
	seq, ok := s.hub.join(me)
	if !ok {
		return problem(http.StatusServiceUnavailable, "too_many_streams", "%d streams are read already", s.Limits.Streams)
	}
	defer s.hub.leave(me)

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // for proxies that would gather what we say
	out.say(s.welcome(r, seq))
	for out.err == nil {
		select {
		case <-r.Context().Done():
			return nil
		case <-me.cut:
			return nil
		case piece := <-me.pieces:
			out.say(piece, s.more(r.Context(), me)...)
		}
	}
	if errors.Is(out.err, os.ErrDeadlineExceeded) && me.end() { // it did not read in time, and the hub has not noticed yet
		s.stats.cut.Add(1)
	}
	return nil // it has begun: there is nobody to tell
}

// more are the pieces that wait already: they leave together.
func (s *Server) more(ctx context.Context, me *reader) (pieces [][]byte) {
	for ctx.Err() == nil {
		select {
		case p := <-me.pieces:
			pieces = append(pieces, p)
		default:
			return pieces
		}
	}
	return pieces
}

// wanted reads whose largest keys are wanted.
func (s *Server) wanted(r *http.Request, me *reader) error {
	q := r.URL.Query()
	if !q.Has("table") {
		return nil
	}
	w, n, err := s.watch(r, "top", defaultEntries, maxStream)
	if err != nil {
		return err
	}
	me.n = n
	me.top, err = s.tops.want(s.Now(), w, n, true)
	return err
}

// watch reads which table and column is meant, and how many of its keys behind the parameter count.
func (s *Server) watch(r *http.Request, count string, usually, most int) (w history.Watch, n int, err error) {
	q := r.URL.Query()
	section, table, err := s.snaps.take().table(q.Get("section"), q.Get("table"))
	if err != nil {
		return w, 0, err
	}
	c, err := columnBy(q.Get("by"), table.Schema)
	if err != nil {
		return w, 0, err
	}
	n = usually
	if q.Has(count) {
		if n, err = s.count(count, q.Get(count), most); err != nil {
			return w, 0, err
		}
	}
	return history.Watch{Section: section.ID, Table: table.Target, By: c.Name()}, n, nil
}

// welcome is what a reader is told first: the present, and the log behind the event that it has seen
// last, or the most recent lines of it.
func (s *Server) welcome(r *http.Request, seq uint64) []byte {
	b := []byte("retry: 3000\n\n")
	p, id := s.present(), s.hub.id(seq)
	b = append(append(b, pieceOf(id, "state", p.state())...), pieceOf(id, "lint", p.lint)...)
	after := seq - min(seq, logRecent)
	life, last, _ := strings.Cut(r.Header.Get("Last-Event-ID"), "-")
	if n, err := strconv.ParseUint(last, 10, 64); err == nil && strings.HasPrefix(id, life+"-") {
		after = n
	}
	for _, e := range s.Meter.EventsAfter(after) {
		if e.Seq <= seq {
			b = append(b, pieceOf(s.hub.id(e.Seq), "log", query.Marshal(logOf(&e)))...)
		}
	}
	return b
}

// stream writes pieces, each within its time.
type stream struct {
	w   http.ResponseWriter
	c   *http.ResponseController
	err error
}

func (o *stream) say(first []byte, more ...[]byte) {
	o.err = o.c.SetWriteDeadline(time.Now().Add(streamTime))
	for _, p := range append([][]byte{first}, more...) {
		if o.err == nil {
			_, o.err = o.w.Write(p)
		}
	}
	if o.err == nil {
		o.err = o.c.Flush()
	}
}
