package web

import (
	"net/http"
	"reflect"
)

// root is where the API is.
const root = "/api/v1/"

// route is one thing that can be asked or done. The mux and the description are both made of the list.
type route struct {
	method, path string // below root
	summary      string
	parameters   []parameter
	body         reflect.Type // nil: none
	answer       reflect.Type // nil: no JSON, but what kind says
	kind         string       // media type; "" for JSON
	acts         bool         // only with 'admin'
	run          func(http.ResponseWriter, *http.Request) error
}

// parameter is one of the query.
type parameter struct {
	name, doc string
	number    bool
	many      bool // it may stand there more than once
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

var (
	bySection = parameter{name: "section", doc: "only of this section"}
	ofSection = parameter{name: "section", doc: "whose section"}
	ofTable   = parameter{name: "table", doc: "which table of it"}
	byColumn  = parameter{name: "by", doc: "the column whose largest are meant; the first rate, else the first counter, if none is given"}
)

// list is everything that there is.
func (s *Server) list() []route {
	const oneTable, oneKey = "tables/{section}/{name}", "tables/{section}/{name}/keys/{key}"
	return []route{
		{method: "GET", path: "info", summary: "the process", answer: typeOf[Info](), run: s.info},
		{method: "GET", path: "topology", summary: "who is above, below and beside us", answer: typeOf[Topology](), run: s.topology},
		{method: "GET", path: "peers", summary: "peers", parameters: []parameter{bySection}, answer: typeOf[Peers](), run: s.peers},
		{method: "GET", path: "tables", summary: "tables", parameters: []parameter{bySection}, answer: typeOf[Tables](), run: s.listTables},
		{method: "GET", path: oneTable, summary: "one table", answer: typeOf[Table](), run: s.oneTable},
		{method: "GET", path: oneTable + "/entries", summary: "rows of a table: the sum, and what each member contributes", parameters: []parameter{
			{name: "key", doc: "this one alone, as it is printed"}, {name: "top", doc: "so many of the largest, 1 to 1000", number: true}, byColumn,
			{name: "filter", doc: "such as data.http_req_rate gt 100; up to four, all of which must hold", many: true},
			{name: "limit", doc: "at most so many, 1 to 1000; 20 if it is not given", number: true}}, answer: typeOf[Entries](), run: s.entries},
		{method: "GET", path: oneKey, summary: "why the sum of one key is what it is", answer: typeOf[Explanation](), run: s.explain},
		{method: "GET", path: "history", summary: "tables over the last minutes", parameters: []parameter{bySection, {name: "table", doc: "only this one"},
			{name: "seconds", doc: "so many, 1 to 900; 600 if it is not given", number: true}}, answer: typeOf[History](), run: s.history},
		{method: "GET", path: "history/keys", summary: "the largest keys of a column over the last minutes", parameters: []parameter{ofSection, ofTable, byColumn,
			{name: "n", doc: "so many, 1 to 20; 10 if it is not given", number: true}}, answer: typeOf[HistoryKeys](), run: s.historyKeys},
		{method: "GET", path: "lint", summary: "what is wrong in the cluster", answer: typeOf[Lint](), run: s.lint},
		{method: "GET", path: "bans", summary: "values that operators have given keys for a time", parameters: []parameter{bySection}, answer: typeOf[Bans](), run: s.bans},
		{method: "GET", path: "events", summary: "what is new, as server-sent events: state, log, dropped, lint, and top if a table is given", parameters: []parameter{ofSection, ofTable, byColumn,
			{name: "top", doc: "so many of the largest, 1 to 100; 20 if it is not given", number: true}}, kind: "text/event-stream", run: s.events},
		{method: "POST", path: "adopt", summary: "configurations of nodes and ours that fit together, from what there is; it changes nothing", body: typeOf[Adopting](), answer: typeOf[Adopted](), run: s.adopt},
		{method: "GET", path: "openapi.json", summary: "this description", kind: "application/json", run: s.openapi},

		{method: "POST", path: "peers/{section}/{peer}/disable", summary: "close the session of a peer and keep it away", answer: typeOf[Done](), acts: true, run: s.acting("disable peer", s.setPeer(false))},
		{method: "POST", path: "peers/{section}/{peer}/enable", summary: "let a disabled peer come again", answer: typeOf[Done](), acts: true, run: s.acting("enable peer", s.setPeer(true))},
		{method: "POST", path: "reload", summary: "read the configuration again", answer: typeOf[Done](), acts: true, run: s.acting("reload", s.reload)},
		{method: "POST", path: "log-level", summary: "leave out log lines below that level", body: typeOf[Leveling](), answer: typeOf[Done](), acts: true, run: s.acting("set log level", s.setLogLevel)},
		{method: "POST", path: oneKey + "/ban", summary: "give a key a value for a time", body: typeOf[Banning](), answer: typeOf[Done](), acts: true, run: s.acting("ban", s.ban)},
		{method: "DELETE", path: oneKey + "/ban", summary: "end the bans of a key", parameters: []parameter{{name: "column", doc: "only that of this one"}}, answer: typeOf[Done](), acts: true, run: s.acting("unban", s.unban)},
		{method: "POST", path: oneKey + "/clear", summary: "forget the shares of a key until their next update", answer: typeOf[Done](), acts: true, run: s.acting("clear", s.clear)},
	}
}

// routes makes the mux.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range s.list() {
		run := r.run
		mux.HandleFunc(r.method+" "+root+r.path, func(w http.ResponseWriter, r *http.Request) {
			if err := run(w, r); err != nil && r.Context().Err() == nil {
				s.fail(w, r, err)
			}
		})
	}
	// A key that is the empty string has no segment of its own.
	mux.HandleFunc("GET "+root+"tables/{section}/{name}/keys/{$}", func(w http.ResponseWriter, r *http.Request) {
		if err := s.explain(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
	return mux
}
