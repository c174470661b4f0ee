package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"tallystick/internal/spell"
	"tallystick/internal/view"
)

// trouble is why a request is not answered.
type trouble struct {
	status  int
	code    string // for programs: it does not change
	message string // for people
	near    string // what may have been meant; "" for nothing
}

// Error is the message.
func (t *trouble) Error() string { return t.message }

func problem(status int, code, format string, args ...any) *trouble {
	return &trouble{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// Problem is an answer to a request that could not be answered.
type Problem struct {
	Error ProblemText `json:"error"`
}

// ProblemText is what was wrong.
type ProblemText struct {
	Code       string  `json:"code" doc:"what was wrong, for programs: it does not change"`
	Message    string  `json:"message" doc:"the same for people"`
	DidYouMean *string `json:"did_you_mean" doc:"what may have been meant"`
}

// fail answers with what is wrong.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var t *trouble
	switch {
	case errors.As(err, &t):
	case errors.Is(err, view.ErrGone):
		t = problem(http.StatusNotFound, "gone", "%s", err)
	default:
		t = problem(http.StatusConflict, "refused", "%s", err) // what the program says to an operator
	}
	p := Problem{ProblemText{Code: t.code, Message: t.message}}
	if t.near != "" {
		p.Error.DidYouMean = &t.near
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	switch t.status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Basic realm="tallystick", charset="UTF-8"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	}
	s.answer(w, r, t.status, p)
}

// answer writes v as JSON.
func (s *Server) answer(w http.ResponseWriter, _ *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // ours: an answer that has no JSON
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the client is gone: there is nobody to tell
}

// unknown says that there is no such thing, and which one may have been meant.
func unknown(code, what, name string, there []string) *trouble {
	p := problem(http.StatusNotFound, code, "there is no %s %q", what, name)
	least := 1 + len(name)/2
	for _, c := range there {
		if d := spell.Distance(name[:min(len(name), 64)], c); d < least {
			p.near, least = c, d
		}
	}
	return p
}
