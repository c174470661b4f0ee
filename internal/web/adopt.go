package web

import (
	"cmp"
	"net/http"
	"path"
	"strings"

	"tallystick/internal/fleet"
	"tallystick/internal/haproxycfg"
)

// maxAdopt bounds what Adopting may be, in bytes: the configuration of a large load balancer fits in.
const maxAdopt = 512 << 10

// Adopting is what there is: a node's configuration, or nodes and tables to begin with.
type Adopting struct {
	HAProxy    *string      `json:"haproxy_cfg" doc:"a node's haproxy.cfg; with it neither nodes nor tables are given"`
	Nodes      []AdoptPlace `json:"nodes" nullable:"true"`
	Tables     []AdoptTable `json:"tables" nullable:"true"`
	Aggregator *AdoptPlace  `json:"aggregator" doc:"ours; tallystick at 192.0.2.50:10000 if nothing is said, to be replaced"`
}

// AdoptPlace is who is called, and where.
type AdoptPlace struct {
	Name    string `json:"name"`
	Address string `json:"address" doc:"host:port"`
}

// AdoptTable is a table of the nodes.
type AdoptTable struct {
	Name   string       `json:"name"`
	Type   string       `json:"type" enum:"ip,ipv6,integer,string,binary"`
	Length *int         `json:"length" doc:"of strings and binary keys"`
	Size   *string      `json:"size" doc:"keys of one node; 1m if nothing is said"`
	Expire string       `json:"expire"`
	Store  string       `json:"store" doc:"columns, such as http_req_rate(10s),http_req_cnt"`
	Limits []AdoptLimit `json:"limits" nullable:"true" doc:"of the sums"`
}

// AdoptLimit is a rule: whoever is above it in the sum is denied.
type AdoptLimit struct {
	Column string `json:"column"`
	Period string `json:"period" doc:"of a rate that the table does not store yet"`
	Value  int64  `json:"value"`
}

// Adopted are the files to write.
type Adopted struct {
	Files []AdoptedFile `json:"files"`
	Notes []string      `json:"notes" doc:"what nobody but the operator can know, or do"`
}

// AdoptedFile is one of them.
type AdoptedFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// placeholder is our address where the request has none: an example that everybody takes for one.
var placeholder = AdoptPlace{"tallystick", "192.0.2.50:10000"}

// adopt computes configurations that fit together. It changes nothing, so nobody has to be an admin.
func (s *Server) adopt(w http.ResponseWriter, r *http.Request) error {
	var in Adopting
	if err := s.body(r, &in, maxAdopt); err != nil {
		return err
	}
	own := placeholder
	if in.Aggregator != nil {
		own = AdoptPlace{cmp.Or(in.Aggregator.Name, own.Name), cmp.Or(in.Aggregator.Address, own.Address)}
	}
	request := fleet.Request{Aggregators: []fleet.Place{{Name: own.Name, Addr: own.Address}}}
	p, err := in.propose(request)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "not_possible", "%s", err)
	}
	out := Adopted{Files: []AdoptedFile{}, Notes: []string{}}
	if own.Address == placeholder.Address {
		out.Notes = append(out.Notes, placeholder.Address+" is an example: put the address in its place at which nodes reach tallystick")
	}
	for _, n := range p.Nodes {
		name := path.Base(n.File)
		if len(p.Nodes) > 1 {
			name = n.Node + "/" + name
		}
		out.Files = append(out.Files, AdoptedFile{name, n.After})
	}
	for _, a := range p.Aggregators {
		out.Files = append(out.Files, AdoptedFile{a.Name, string(a.Data)})
	}
	for _, f := range p.Notes {
		out.Notes = append(out.Notes, strings.TrimSpace(f.Text+"\n"+f.Fix))
	}
	s.answer(w, r, http.StatusOK, out)
	return nil
}

// propose fills in the request and asks for the files.
func (in *Adopting) propose(r fleet.Request) (*fleet.Proposal, error) {
	if in.HAProxy != nil {
		c, err := haproxycfg.Parse([]haproxycfg.File{{Name: "haproxy.cfg", Data: []byte(*in.HAProxy)}}, haproxycfg.Options{})
		if err != nil {
			return nil, err
		}
		return fleet.Adopt([]*haproxycfg.Config{c}, r)
	}
	for _, n := range in.Nodes {
		r.Nodes = append(r.Nodes, fleet.Place{Name: n.Name, Addr: n.Address})
	}
	for _, t := range in.Tables {
		table := fleet.Table{Name: t.Name, Type: t.Type, Size: "1m", Expire: t.Expire, Store: strings.ReplaceAll(t.Store, " ", "")}
		if t.Length != nil {
			table.Len = *t.Length
		}
		if t.Size != nil {
			table.Size = *t.Size
		}
		for _, l := range t.Limits {
			if !stores(table.Store, l.Column) {
				table.Store = strings.TrimPrefix(table.Store+","+columnOf(l), ",")
			}
			r.Limits = append(r.Limits, fleet.Limit{Table: t.Name, Column: l.Column, Above: uint64(max(0, l.Value))})
		}
		r.Tables = append(r.Tables, table)
	}
	return fleet.Propose(r)
}

// stores reports whether a list of columns has one, whatever its period.
func stores(list, column string) bool {
	for c := range strings.SplitSeq(list, ",") {
		if name, _, _ := strings.Cut(c, "("); name == column {
			return true
		}
	}
	return false
}

// columnOf is the column of a limit as a table stores it.
func columnOf(l AdoptLimit) string {
	if l.Period == "" || !strings.HasSuffix(l.Column, "_rate") {
		return l.Column
	}
	return l.Column + "(" + l.Period + ")"
}
