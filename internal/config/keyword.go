package config

import "strings"

// The sections that the configuration can have.
const (
	global       = "global"
	aggregations = "aggregations"
)

// openers are the lines that open a section.
var openers = map[string]string{global: "global", aggregations: "aggregations ID"}

// keyword is one kind of line. The table of them is the language: parsing, "did you
// mean", help and the test of doc/reference.cfg all read it.
type keyword struct {
	section string
	name    string // what the line begins with: one word, or two
	alias   string // another word for it; "" for none
	takes   string // what follows, as a manual shows it: see grammar
	many    bool   // it may be repeated within its section
	help    string // what it says, in a few words

	apply func(*parser, *line)

	grammar // of takes
}

// TLS and admission are said in the same way wherever they can be said.
const (
	takesTLS  = "[ssl] [crt FILE] [ca-file FILE] [verify none|optional|required]"
	takesPeer = takesTLS + " [verifyhost H] [verifyname] [allow CIDR[,CIDR...]]"
)

// keywords is the whole language.
var keywords = compile([]keyword{
	{section: global, name: "stats socket", takes: "ADDR [mode M] [user U] [group G] [level user|operator|admin]", many: true,
		help: "address of the runtime CLI", apply: (*parser).statsSocket},
	{section: global, name: "bind", takes: "ADDR " + takesPeer + " [use_aggrs all|ID[,ID...]]", many: true,
		help: "listener shared by sections", apply: (*parser).bind},
	{section: global, name: "source", takes: "IP[:PORT]",
		help: "local address of outgoing connections", apply: (*parser).source},
	{section: global, name: "cpu-map", takes: "CPU[-CPU][,...]",
		help: "processors to run on", apply: (*parser).cpuMap},
	{section: global, name: "dynamic-peers", takes: "[max N] [allow CIDR[,CIDR...]]",
		help: "accept nodes that no section names", apply: (*parser).dynamicPeers},
	{section: global, name: "hash-table", takes: "...", many: true,
		help: "accepted for compatibility, ignored", apply: (*parser).ignore},
	{section: global, name: "trash-batch", takes: "...", many: true,
		help: "accepted for compatibility, ignored", apply: (*parser).ignore},
	{section: global, name: "log", takes: "TARGET [format text|json|logfmt] [level L]", many: true,
		help: "where log lines go", apply: (*parser).log},
	{section: global, name: "http", takes: "ADDR " + takesTLS + " [auth FILE] [admin]",
		help: "metrics, health, API and page", apply: (*parser).http},

	{section: aggregations, name: "from", takes: "any|.S1[,.S2...] to .SUF [accept-no-suffix] [no-ascend] [no-feedback]",
		help: "which tables are summed, and what the sum is called", apply: (*parser).from},
	{section: aggregations, name: "forward", takes: ".S1[,.S2...]", many: true,
		help: "tables of 'up' peers to hand on to nodes", apply: (*parser).forward},
	{section: aggregations, name: "peer", alias: "server", takes: "NAME [ADDR:PORT] [local|up|down] [group G] " + takesPeer + " [dial]", many: true,
		help: "a node, an aggregator, or ourselves", apply: (*parser).peer},
	{section: aggregations, name: "dynamic-peers", takes: "[max N] [allow CIDR[,CIDR...]]",
		help: "accept nodes that are not named", apply: (*parser).dynamicPeers},
	{section: aggregations, name: "warmup", takes: "TIME",
		help: "longest wait for the peers before the first push", apply: (*parser).warmup},
	{section: aggregations, name: "push-interval", takes: "TIME",
		help: "longest coalescing of pushes under load", apply: (*parser).pushInterval},
	{section: aggregations, name: "allow", takes: "CIDR[,CIDR...]", many: true,
		help: "addresses that may come", apply: (*parser).allow},
	{section: aggregations, name: "mode", takes: "observe",
		help: "only look on", apply: (*parser).mode},
	{section: aggregations, name: "restore", takes: "on|off",
		help: "give nodes that lost their memory their own entries back", apply: (*parser).restore},
	{section: aggregations, name: "shard", takes: "I/N [peers SECTION]",
		help: "our place among aggregators that share the keys", apply: (*parser).shard},
	{section: aggregations, name: "max-entries", takes: "N",
		help: "most rows", apply: (*parser).maxEntries},
	{section: aggregations, name: "max-tables", takes: "N",
		help: "most aggregate tables", apply: (*parser).maxTables},
})

// is reports whether the line begins with the keyword, and with how many words of it.
func (k *keyword) is(words []word) (n int, ok bool) {
	first, second, two := strings.Cut(k.name, " ")
	switch {
	case words[0].text == k.alias && k.alias != "":
		return 1, true
	case words[0].text != first:
		return 0, false
	case !two:
		return 1, true
	}
	return 2, len(words) > 1 && words[1].text == second
}

// usage is the line as a manual shows it.
func (k *keyword) usage() string { return k.name + " " + k.takes }

// Help lists every keyword with what may follow it and what it says.
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
