package cli

import (
	"encoding/json"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// document is one JSON value for a whole table, an entry a line, so that a dump of any
// length can be streamed and cut into lines again:
//
//	{"section":"data","table":"rates.agg","type":"ip","columns":[{"name":"http_req_rate","period":60000}],"rows":[
//	{"key":"192.0.2.1","exp":600000,"data":{"http_req_rate":5},"peers":[{"peer":"lb1","exp":533281,"data":{"http_req_rate":5}}]}
//	]}
//
// Keys are written as the other form has them, which is how "key" takes them. A table that is
// relayed has "forwarded":true, one of a section with a shard "shard":"1/3", and a share of a
// group's member "group", and "standby":true where it does not count.
type document struct {
	*output
	section *view.Section
	table   *view.Table
	rows    int
}

type jsonColumn struct {
	Name     string `json:"name"`
	Elements uint8  `json:"elements,omitempty"` // of an array
	Period   uint32 `json:"period,omitempty"`   // of a rate, ms
}

type jsonShare struct {
	Peer    string          `json:"peer"`
	Group   string          `json:"group,omitempty"`
	Exp     *uint32         `json:"exp"` // ms left; null for ever, or if it has expired
	Expired bool            `json:"expired,omitempty"`
	Standby bool            `json:"standby,omitempty"` // it does not count: another of its group leads
	Data    json.RawMessage `json:"data"`              // by column; arrays as arrays
}

type jsonEntry struct {
	Key   string          `json:"key"`
	Exp   *uint32         `json:"exp"`
	Data  json.RawMessage `json:"data"`
	Peers []jsonShare     `json:"peers"`
}

func (d *document) begin() {
	columns := []jsonColumn{}
	for _, c := range d.table.Schema.Columns {
		j := jsonColumn{Name: c.Type.String(), Period: c.Period}
		if c.Type.IsArray() {
			j.Elements = c.Len
		}
		columns = append(columns, j)
	}
	d.printf(`{"section":%s,"table":%s`, query.Marshal(d.section.ID), query.Marshal(d.table.Target))
	if d.section.Shard != "" {
		d.printf(`,"shard":%s`, query.Marshal(d.section.Shard))
	}
	if d.table.Forwarded {
		d.printf(`,"forwarded":true`)
	}
	d.printf(`,"type":%s,"columns":%s,"rows":[`, query.Marshal(d.table.Schema.KeyType.String()), query.Marshal(columns))
}

func (d *document) entry(e *view.Entry) {
	if d.rows == 0 {
		d.begin()
	} else {
		d.buf = append(d.buf, ',')
	}
	d.rows++
	row := jsonEntry{
		Key:   string(stick.AppendKey(nil, e.Schema.KeyType, e.Key)),
		Exp:   query.Life(&e.Sum),
		Data:  query.Data(&e.Sum, e.Schema),
		Peers: []jsonShare{},
	}
	for i := range e.Shares {
		s := &e.Shares[i]
		row.Peers = append(row.Peers, jsonShare{Peer: s.Label, Group: s.Group, Exp: query.Life(s), Expired: s.Expired, Standby: s.Standby, Data: query.Data(s, s.In(e))})
	}
	d.buf = append(d.buf, '\n')
	d.buf = append(d.buf, query.Marshal(row)...)
}

func (d *document) end() {
	if d.rows == 0 {
		d.begin()
	}
	d.printf("\n]}\n")
}
