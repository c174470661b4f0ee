package web

import (
	"net/http"
	"runtime"
)

// Info is the process.
type Info struct {
	Version    string     `json:"version"`
	Release    string     `json:"release" doc:"date of the release"`
	Go         string     `json:"go" doc:"version of Go that it was built with"`
	PID        int        `json:"pid"`
	Host       string     `json:"host"`
	Started    *Stamp     `json:"started"`
	UptimeMS   int64      `json:"uptime_ms"`
	Threads    int        `json:"threads" doc:"processors that it uses at once"`
	Goroutines int        `json:"goroutines"`
	LogLevel   string     `json:"log_level" enum:"emerg,alert,crit,err,warning,notice,info,debug"`
	RSSBytes   *int64     `json:"rss_bytes" doc:"resident memory"`
	Ready      bool       `json:"ready" doc:"as /readyz has it"`
	Stopping   bool       `json:"stopping"`
	Sections   []string   `json:"sections" doc:"ids, in the order of the configuration"`
	HTTP       InfoHTTP   `json:"http"`
	Reload     InfoReload `json:"reload" doc:"how the configuration was read again last"`
	Counters   []Counter  `json:"counters" doc:"sizes, and for each limit how often it was met since the start"`
}

// InfoHTTP is how the asker stands with us.
type InfoHTTP struct {
	Admin bool    `json:"admin" doc:"acting calls are admitted to whoever asks this"`
	User  *string `json:"user" doc:"who asks"`
}

// InfoReload is the last reload.
type InfoReload struct {
	At      *Stamp  `json:"at" doc:"null: the configuration is that of the start"`
	Good    bool    `json:"good" doc:"what was read serves; else what served before goes on"`
	Message *string `json:"message" doc:"what has changed, or all complaints, a line each"`
}

// Counter is a number with a name.
type Counter struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

func (s *Server) info(w http.ResponseWriter, r *http.Request) error {
	v := s.infoOf(s.snaps.take())
	v.HTTP.Admin, v.HTTP.User = s.mayAct(r) == nil, given(userOf(r))
	s.answer(w, r, http.StatusOK, v)
	return nil
}

// infoOf is the part of the answer that does not depend on who asks.
func (s *Server) infoOf(now *snapshot) Info {
	p := &now.process
	v := Info{Version: p.Version, Release: p.Release, Go: runtime.Version(), PID: p.PID, Host: p.Node, Started: stamp(p.Started),
		UptimeMS: millis(now.at.Sub(p.Started)), Threads: p.Threads, Goroutines: p.Tasks, LogLevel: p.LogLevel, RSSBytes: given(p.RSS),
		Ready: isReady(s.readiness(now)), Stopping: p.Stopping, Sections: []string{}, Counters: []Counter{},
		Reload: InfoReload{At: stamp(p.Reload.At), Good: !p.Reload.Refused(), Message: given(p.Reload.Message)}}
	for i := range now.sections {
		v.Sections = append(v.Sections, now.sections[i].ID)
	}
	for _, c := range p.Counters {
		v.Counters = append(v.Counters, Counter{c.Name, c.Value})
	}
	return v
}
