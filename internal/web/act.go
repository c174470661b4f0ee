package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// maxBody bounds what an acting call may say: a few words.
const maxBody = 4 << 10

// Done is the answer of an acting call.
type Done struct {
	Message string `json:"message" doc:"what was done"`
	Count   *int   `json:"count" doc:"how many of what was asked for there were"`
}

// Banning is the body of a ban.
type Banning struct {
	Column string `json:"column" doc:"gpc0, or gpc[1] for an element of an array"`
	Value  int64  `json:"value" doc:"above 0"`
	ForMS  int64  `json:"for_ms" doc:"how long it lives, 1 to 24.8 days"`
}

// Leveling is the body of a call that sets the level of the log.
type Leveling struct {
	Level string `json:"level" enum:"emerg,alert,crit,err,warning,notice,info,debug"`
}

// mayAct is why a request may not change anything, nil if it may.
func (s *Server) mayAct(r *http.Request) *trouble {
	settings := s.settings.Load()
	switch {
	case !settings.Admin:
		return problem(http.StatusForbidden, "no_admin", "nothing can be changed here; write 'http %s ... admin' with 'auth FILE', and reload", settings.Listen)
	case userOf(r) == "":
		return problem(http.StatusForbidden, "no_user", "nothing can be changed by nobody in particular; write 'http %s auth FILE admin', or 'ssl' with 'ca-file FILE', and reload", settings.Listen)
	}
	return nil
}

// acting makes a handler of one that changes something: who may not is refused, and the log hears who
// did what, or tried. Keys are left out of it, as on the runtime CLI.
func (s *Server) acting(what string, act func(*http.Request) (Done, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if p := s.mayAct(r); p != nil {
			s.stats.denied.Add(1)
			s.Log.Warn("acting call refused", "what", what, "path", pathOf(r), "user", shorten(userOf(r)), "from", r.RemoteAddr, "why", p.message)
			return p
		}
		done, err := act(r)
		attrs := []any{"what", what, "path", pathOf(r), "user", userOf(r), "from", r.RemoteAddr}
		s.snaps.forget()
		if err != nil {
			s.Log.Warn("acting call refused", append(attrs, "why", err)...)
			return err
		}
		s.Log.Info("acting call", append(attrs, "did", done.Message)...)
		s.answer(w, r, http.StatusOK, done)
		return nil
	}
}

// pathOf is the path of a request without the key in it.
func pathOf(r *http.Request) string {
	path := r.URL.EscapedPath()
	if before, after, ok := strings.Cut(path, "/keys/"); ok {
		_, verb, _ := strings.Cut(after, "/")
		return before + "/keys/.../" + verb
	}
	return path
}

// body reads what a call says: one JSON object of at most most bytes, whose fields are all known.
func (s *Server) body(r *http.Request, v any, most int64) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return problem(http.StatusUnsupportedMediaType, "not_json", "the body is to be application/json")
	}
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, most))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("there is something behind it")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		s.stats.tooLarge.Add(1)
		return problem(http.StatusRequestEntityTooLarge, "too_large", "at most %d bytes", most)
	}
	return problem(http.StatusBadRequest, "bad_body", "the body is no such object: %s", err)
}

// setPeer closes the session of a peer and keeps it away, or lets it come again.
func (s *Server) setPeer(enabled bool) func(*http.Request) (Done, error) {
	return func(r *http.Request) (Done, error) {
		section, err := s.snaps.take().section(r.PathValue("section"))
		if err != nil {
			return Done{}, err
		}
		name := r.PathValue("peer")
		var names []string
		for _, p := range section.Peers {
			names = append(names, p.Name)
		}
		if !slices.Contains(names, name) {
			return Done{}, unknown("no_such_peer", "peer", name, names)
		}
		if err := s.Backend.SetPeer(section.ID, name, enabled); err != nil {
			return Done{}, err
		}
		if enabled {
			return Done{Message: "the peer may come again"}, nil
		}
		return Done{Message: "the peer is kept away"}, nil
	}
}

func (s *Server) reload(*http.Request) (Done, error) {
	changed, err := s.Backend.Reload()
	if err != nil {
		return Done{}, problem(http.StatusConflict, "configuration", "%s", err)
	}
	return Done{Message: changed}, nil
}

func (s *Server) setLogLevel(r *http.Request) (Done, error) {
	var v Leveling
	if err := s.body(r, &v, maxBody); err != nil {
		return Done{}, err
	}
	if !slices.Contains(view.LogLevels[:], v.Level) {
		p := unknown("bad_level", "level", shorten(v.Level), view.LogLevels[:])
		p.status = http.StatusBadRequest
		return Done{}, p
	}
	return Done{Message: "lines below " + v.Level + " are left out of the log"}, s.Backend.SetLogLevel(v.Level)
}

// keyIn finds the table and the key in a path.
func (s *Server) keyIn(r *http.Request) (section string, t *view.Table, key []byte, err error) {
	v, t, err := s.snaps.take().table(r.PathValue("section"), r.PathValue("name"))
	if err != nil {
		return "", nil, nil, err
	}
	key, err = parseKey(r.PathValue("key"), t.Schema)
	return v.ID, t, key, err
}

func (s *Server) clear(r *http.Request) (Done, error) {
	section, t, key, err := s.keyIn(r)
	if err != nil {
		return Done{}, err
	}
	rows, err := s.Backend.Clear(section, t.Target, key)
	return Done{Message: "its shares are forgotten until their next update", Count: &rows}, err
}

func (s *Server) ban(r *http.Request) (Done, error) {
	section, t, key, err := s.keyIn(r)
	if err != nil {
		return Done{}, err
	}
	var b Banning
	if err := s.body(r, &b, maxBody); err != nil {
		return Done{}, err
	}
	c, err := column("column", b.Column, t.Schema)
	if err != nil {
		return Done{}, err
	}
	life := time.Duration(min(b.ForMS, view.MaxBan.Milliseconds()+1)) * time.Millisecond
	if life <= 0 || life > view.MaxBan {
		return Done{}, badValue("for_ms", "from 1 to %d", view.MaxBan.Milliseconds())
	}
	if _, most := query.Range(c.Column.Type.Kind()); b.Value < 1 || query.Signed(b.Value).Compare(most) > 0 {
		return Done{}, badValue("value", "from 1 to what the column holds")
	}
	a := view.Assignment{Type: c.Column.Type, Element: c.Element, Value: uint64(b.Value)}
	return Done{Message: c.Name() + " is banned for " + life.String()}, s.Backend.Ban(section, t.Target, key, a, life)
}

// unban ends the ban of one column, ?column=, or all of the key.
func (s *Server) unban(r *http.Request) (Done, error) {
	section, t, key, err := s.keyIn(r)
	if err != nil {
		return Done{}, err
	}
	var of *view.Assignment
	if name := r.URL.Query().Get("column"); name != "" {
		c, err := column("column", name, t.Schema)
		if err != nil {
			return Done{}, err
		}
		of = &view.Assignment{Type: c.Column.Type, Element: c.Element}
	}
	n, err := s.Backend.Unban(section, t.Target, key, of)
	return Done{Message: "bans have ended", Count: &n}, err
}

// Bans are the bans of all sections, or of one.
type Bans struct {
	Bans []Ban `json:"bans"`
}

// Ban is a value that an operator has given a key for a time.
type Ban struct {
	Section string  `json:"section"`
	Table   string  `json:"table"`
	Key     Key     `json:"key"`
	Column  string  `json:"column"`
	Value   uint64  `json:"value"`
	Until   *Stamp  `json:"until"`
	LeftMS  int64   `json:"left_ms"`
	Idle    *string `json:"idle" doc:"why it is in no sum now"`
}

func (s *Server) bans(w http.ResponseWriter, r *http.Request) error {
	now := s.snaps.take()
	sections, err := now.some(r.FormValue("section"))
	if err != nil {
		return err
	}
	v := Bans{Bans: []Ban{}}
	for i := range sections {
		bans, err := s.Backend.Bans(sections[i].ID)
		if err != nil {
			return err
		}
		for _, b := range bans {
			c := query.Cell{Column: stick.Column{Type: b.Value.Type}, Element: b.Value.Element}
			v.Bans = append(v.Bans, Ban{sections[i].ID, b.Table, keyOf(b.KeyType, b.Key), c.Name(), b.Value.Value, stamp(b.Until), millis(max(0, b.Until.Sub(now.at))), given(b.Idle)})
		}
	}
	s.answer(w, r, http.StatusOK, v)
	return nil
}
