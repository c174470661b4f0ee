package config

import "strings"

// The sections that the configuration can have.
const (
	global       = "global"
	aggregations = "aggregations"
)

// keyword is one kind of line. The table of them is the language: parsing, "did you
// mean", help and the test of doc/reference.cfg all read it.
type keyword struct {
	section string
	name    string   // what the line begins with: one word, or two
	alias   string   // another word for it; "" for none
	args    []string // what must or [may] follow in this order
	options []option // what may follow that, in any order
	many    bool     // it may be repeated within its section
	free    bool     // whatever follows is accepted
	help    string   // what it says, in a few words

	apply func(*parser, *line)
}

// option is a word that may stand on a line behind its arguments.
type option struct {
	name  string
	value string // what must follow it; "" for a word that stands alone
}

// The options of everything that can be encrypted, or that can be come to.
var (
	tlsOptions = []option{
		{"ssl", ""}, {"crt", "FILE"}, {"ca-file", "FILE"}, {"verify", "none|optional|required"},
	}
	peerTLSOptions = append(tlsOptions[:len(tlsOptions):len(tlsOptions)],
		option{"verifyhost", "H"}, option{"verifyname", ""})
	allowOption = option{"allow", "CIDR[,CIDR...]"}
)

// keywords is the whole language.
var keywords = []keyword{
	{section: global, name: "stats socket", args: []string{"ADDR"}, many: true,
		options: []option{{"mode", "M"}, {"user", "U"}, {"group", "G"}, {"level", "user|operator|admin"}},
		help:    "address of the runtime CLI", apply: (*parser).statsSocket},
	{section: global, name: "bind", args: []string{"ADDR"}, many: true,
		options: with(peerTLSOptions, allowOption, option{"use_aggrs", "all|ID[,ID...]"}),
		help:    "listener shared by sections", apply: (*parser).bind},
	{section: global, name: "source", args: []string{"IP[:PORT]"},
		help: "local address of outgoing connections", apply: (*parser).source},
	{section: global, name: "cpu-map", args: []string{"CPU[-CPU][,...]"},
		help: "processors to run on", apply: (*parser).cpuMap},
	{section: global, name: "dynamic-peers", options: []option{{"max", "N"}, allowOption},
		help: "accept nodes that no section names", apply: (*parser).dynamicPeers},
	{section: global, name: "log", args: []string{"TARGET"}, many: true,
		options: []option{{"format", "text|json|logfmt"}, {"level", "L"}},
		help:    "where log lines go", apply: (*parser).log},
	{section: global, name: "http", args: []string{"ADDR"},
		options: with(tlsOptions, option{"auth", "FILE"}, option{"admin", ""}),
		help:    "metrics, health, API and page", apply: (*parser).http},
	{section: global, name: "hash-table", free: true, many: true,
		help: "accepted for compatibility, ignored", apply: (*parser).ignore},
	{section: global, name: "trash-batch", free: true, many: true,
		help: "accepted for compatibility, ignored", apply: (*parser).ignore},

	{section: aggregations, name: "from", args: []string{"any|.S1[,.S2...]", "to", ".SUF"},
		options: []option{{"accept-no-suffix", ""}, {"no-ascend", ""}, {"no-feedback", ""}},
		help:    "which tables are summed, and what the sum is called", apply: (*parser).from},
	{section: aggregations, name: "forward", args: []string{".S1[,.S2...]"}, many: true,
		help: "tables of 'up' peers to hand on to nodes", apply: (*parser).forward},
	{section: aggregations, name: "peer", alias: "server", args: []string{"NAME", "[ADDR:PORT]"}, many: true,
		options: with([]option{{"local", ""}, {"up", ""}, {"down", ""}, {"group", "G"}, {"dial", ""}},
			with(peerTLSOptions, allowOption)...),
		help: "a node, an aggregator, or ourselves", apply: (*parser).peer},
	{section: aggregations, name: "dynamic-peers", options: []option{{"max", "N"}, allowOption},
		help: "accept nodes that are not named", apply: (*parser).dynamicPeers},
	{section: aggregations, name: "allow", args: []string{"CIDR[,CIDR...]"}, many: true,
		help: "addresses that may come", apply: (*parser).allow},
	{section: aggregations, name: "warmup", args: []string{"TIME"},
		help: "longest wait for the peers before the first push", apply: (*parser).warmup},
	{section: aggregations, name: "push-interval", args: []string{"TIME"},
		help: "longest coalescing of pushes under load", apply: (*parser).pushInterval},
	{section: aggregations, name: "mode", args: []string{"observe"},
		help: "only look on", apply: (*parser).mode},
	{section: aggregations, name: "restore", args: []string{"on|off"},
		help: "give nodes that lost their memory their own entries back", apply: (*parser).restore},
	{section: aggregations, name: "shard", args: []string{"I/N"}, options: []option{{"peers", "SECTION"}},
		help: "our place among aggregators that share the keys", apply: (*parser).shard},
	{section: aggregations, name: "max-entries", args: []string{"N"},
		help: "most rows", apply: (*parser).maxEntries},
	{section: aggregations, name: "max-tables", args: []string{"N"},
		help: "most tables", apply: (*parser).maxTables},
}

// with is a list of options and some more, in new memory.
func with(base []option, more ...option) []option {
	return append(base[:len(base):len(base)], more...)
}

// is reports whether the line begins with the keyword, and with how many words of it.
func (k *keyword) is(words []word) (n int, ok bool) {
	first, second, two := strings.Cut(k.name, " ")
	if words[0].text == k.alias && k.alias != "" {
		return 1, true
	}
	if words[0].text != first {
		return 0, false
	}
	if !two {
		return 1, true
	}
	return 2, len(words) > 1 && words[1].text == second
}

// option finds the option of that name, or nil.
func (k *keyword) option(name string) *option {
	for i := range k.options {
		if k.options[i].name == name {
			return &k.options[i]
		}
	}
	return nil
}

// optionNames are the names of all its options.
func (k *keyword) optionNames() []string {
	var names []string
	for _, o := range k.options {
		names = append(names, o.name)
	}
	return names
}

// usage is the line as a manual shows it: "peer NAME [ADDR:PORT] [local] [group G] ...".
func (k *keyword) usage() string {
	parts := append([]string{k.name}, k.args...)
	for _, o := range k.options {
		parts = append(parts, "["+strings.TrimSpace(o.name+" "+o.value)+"]")
	}
	if k.free {
		parts = append(parts, "...")
	}
	return strings.Join(parts, " ")
}

// Help lists every keyword with what may follow it, a line each.
func Help() string {
	var b strings.Builder
	section := ""
	for i := range keywords {
		k := &keywords[i]
		if k.section != section {
			section = k.section
			b.WriteString(openers[section] + "\n")
		}
		b.WriteString("  " + k.usage() + "\n      " + k.help + "\n")
	}
	return b.String()
}

// openers are the lines that open a section.
var openers = map[string]string{global: "global", aggregations: "aggregations ID"}
