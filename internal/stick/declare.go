package stick

import (
	"strconv"
	"strings"
)

// Declare writes the line of a node's configuration that makes a table of this definition, under a wire name
// of at most one line, and tells where it is to stand: in the peers section, or in a proxy.
//
//	peers         table rates type ip size 100k expire 10m store gpc0
//	backend web   stick-table type ip size 100k expire 10m peers PEERS store gpc0
//
// Nobody announces how large a table is, nor what a peers section is called: size is the caller's, PEERS the operator's to
// fill in. options are further ones of the table, such as recv-only.
func (s *Schema) Declare(wire, size string, options ...string) (section, line string) {
	if in, ok := strings.CutPrefix(wire, "/"); ok {
		return "peers", "table " + in + " " + s.words(size, options)
	}
	return "backend " + wire, "stick-table " + s.words(size, append(options, "peers", "PEERS"))
}

// String prints the schema as HAProxy's configuration would have it, without its name:
//
//	type string len 32 expire 10m store conn_cur,http_req_rate(10s),gpc(3)
func (s *Schema) String() string { return s.words("", nil) }

// words prints the definition together with what is not of it: a size if there is one, before expire, as people
// write it, and further options before store, which is long.
func (s *Schema) words(size string, options []string) string {
	b := []byte("type " + s.KeyType.String())
	switch s.KeyType {
	case String:
		b = strconv.AppendInt(append(b, " len "...), int64(s.KeyLen)-1, 10)
	case Binary:
		b = strconv.AppendUint(append(b, " len "...), uint64(s.KeyLen), 10)
	}
	if size != "" {
		b = append(b, " size "+size...)
	}
	if s.Expire != 0 {
		b = append(b, " expire "+FormatMillis(s.Expire)...)
	}
	for _, o := range options {
		b = append(b, " "+o...)
	}
	for i, c := range s.Columns {
		b = append(b, []string{" store ", ","}[min(i, 1)]+c.String()...)
	}
	return string(b)
}
