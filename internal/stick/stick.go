// Package stick holds the words that every other room speaks: the types of keys and
// of data that HAProxy's stick tables know, the schema of a table, and a row of it.
//
// It is for everybody. It must never know how rows travel (wire), where they are kept
// (table) or how they are summed (aggregate): it has no behaviour but to name, to
// measure and to print. It imports the standard library alone.
package stick

import "strconv"

// KeyType is the type of a table's key, with the number that it has on the wire
// (peers protocol, table definition: fixed since HAProxy 1.6; 0, 1 and 3 are unused).
type KeyType uint8

// The key types of HAProxy.
const (
	Integer KeyType = 2 // 4 bytes, network order
	IPv4    KeyType = 4 // 4 bytes
	IPv6    KeyType = 5 // 16 bytes
	String  KeyType = 6 // up to KeyLen-1 bytes, no NUL; may be empty
	Binary  KeyType = 7 // exactly KeyLen bytes, padded with zeros by HAProxy
)

// Known reports whether t is a key type that HAProxy has.
func (t KeyType) Known() bool { return t == Integer || t >= IPv4 && t <= Binary }

// Width is the number of bytes of each key of that type in a table whose key length is
// keyLen, or -1 if every key says its own.
func (t KeyType) Width(keyLen uint32) int {
	switch t {
	case Integer, IPv4:
		return 4
	case IPv6:
		return 16
	case Binary:
		return int(keyLen)
	}
	return -1
}

// String is the word that HAProxy's stick-table line has for t.
func (t KeyType) String() string {
	switch t {
	case Integer:
		return "integer"
	case IPv4:
		return "ip"
	case IPv6:
		return "ipv6"
	case String:
		return "string"
	case Binary:
		return "binary"
	}
	return "key-type-" + strconv.Itoa(int(t))
}

// DataType is the type of a column, with the number that it has on the wire: its bit in
// the definition's bitfield.
type DataType uint8

// The data types of HAProxy up to 3.5. Later ones are unknown, but may be met.
const (
	ServerID DataType = iota
	GPT0
	GPC0
	GPC0Rate
	ConnCnt
	ConnRate
	ConnCur
	SessCnt
	SessRate
	HTTPReqCnt
	HTTPReqRate
	HTTPErrCnt
	HTTPErrRate
	BytesInCnt
	BytesInRate
	BytesOutCnt
	BytesOutRate
	GPC1
	GPC1Rate
	ServerKey
	HTTPFailCnt
	HTTPFailRate
	GPT
	GPC
	GPCRate
	GlitchCnt
	GlitchRate
	dataTypes // how many there are
)

// Kind is how the values of a column look: what they occupy and how they are encoded.
type Kind uint8

// The kinds of values (peers protocol, section "Updates").
const (
	Signed   Kind = iota // 32 bit, two's complement
	Unsigned             // 32 bit
	Long                 // 64 bit, unsigned
	Rate                 // frequency counter: age in ms, events of this window, events of the one before
	Text                 // dictionary entry: a string
)

type property struct {
	name  string
	kind  Kind
	array bool
}

// properties is indexed by DataType.
var properties = [dataTypes]property{
	ServerID:     {"server_id", Signed, false},
	GPT0:         {"gpt0", Unsigned, false},
	GPC0:         {"gpc0", Unsigned, false},
	GPC0Rate:     {"gpc0_rate", Rate, false},
	ConnCnt:      {"conn_cnt", Unsigned, false},
	ConnRate:     {"conn_rate", Rate, false},
	ConnCur:      {"conn_cur", Unsigned, false},
	SessCnt:      {"sess_cnt", Unsigned, false},
	SessRate:     {"sess_rate", Rate, false},
	HTTPReqCnt:   {"http_req_cnt", Unsigned, false},
	HTTPReqRate:  {"http_req_rate", Rate, false},
	HTTPErrCnt:   {"http_err_cnt", Unsigned, false},
	HTTPErrRate:  {"http_err_rate", Rate, false},
	BytesInCnt:   {"bytes_in_cnt", Long, false},
	BytesInRate:  {"bytes_in_rate", Rate, false},
	BytesOutCnt:  {"bytes_out_cnt", Long, false},
	BytesOutRate: {"bytes_out_rate", Rate, false},
	GPC1:         {"gpc1", Unsigned, false},
	GPC1Rate:     {"gpc1_rate", Rate, false},
	ServerKey:    {"server_key", Text, false},
	HTTPFailCnt:  {"http_fail_cnt", Unsigned, false},
	HTTPFailRate: {"http_fail_rate", Rate, false},
	GPT:          {"gpt", Unsigned, true},
	GPC:          {"gpc", Unsigned, true},
	GPCRate:      {"gpc_rate", Rate, true},
	GlitchCnt:    {"glitch_cnt", Unsigned, false},
	GlitchRate:   {"glitch_rate", Rate, false},
}

// Known reports whether t is a data type whose kind and size we know. What comes behind
// an unknown one in a message cannot be read.
func (t DataType) Known() bool { return t < dataTypes }

// Kind is how the values of t look. t must be known.
func (t DataType) Kind() Kind { return properties[t].kind }

// Counts reports whether the values of t only grow while their entry lives: counters, and
// elements of arrays of them. Gauges, rates, tags and servers do not. t must be known.
func (t DataType) Counts() bool {
	switch t {
	case ServerID, GPT0, GPT, ConnCur:
		return false
	}
	k := t.Kind()
	return k == Unsigned || k == Long
}

// IsArray reports whether a column of t has a number of elements. t must be known.
func (t DataType) IsArray() bool { return properties[t].array }

// String is HAProxy's name of t, as in "store http_req_cnt".
func (t DataType) String() string {
	if !t.Known() {
		return "data-type-" + strconv.Itoa(int(t))
	}
	return properties[t].name
}

// ParseDataType finds the data type that HAProxy calls name.
func ParseDataType(name string) (t DataType, ok bool) {
	for t := range dataTypes {
		if properties[t].name == name {
			return t, true
		}
	}
	return 0, false
}
