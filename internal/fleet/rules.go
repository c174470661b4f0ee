package fleet

// Rule is what a finding is about, by a name that stays the same over versions.
type Rule struct {
	Name    string // kebab-case
	Meaning string // what is wrong, in one line
}

// rules are all rules. Adding one here is half of adding it: the other half is its check and its test.
var rules = []Rule{
	{"address", "one side calls the other where it does not listen"},
	{"aggregator-missing", "the peers section of a node's tables has no line for the aggregator"},
	{"aggregator-name", "a node's line for the aggregator has another name than the aggregator has"},
	{"config", "the aggregator's own configuration has a mistake"},
	{"localpeer-missing", "a node's name is that of its host, since no localpeer line says it"},
	{"name-twice", "two nodes have one name: each cuts the other's session"},
	{"name-unknown", "a node's name is on no peer line, so its sessions are refused"},
	{"nodes-replicate", "nodes are peers of each other too, so their entries are counted more than once"},
	{"peers-disabled", "the peers section is disabled"},
	{"recv-only", "a sum of conn_cur is not taken by HAProxy 3.2 and later without 'recv-only', nor by 2.5 to 3.1 at all"},
	{"self-missing", "the peers section has no line for the node itself, so HAProxy leaves it out"},
	{"shard", "nodes share their keys out in another way than the aggregator believes"},
	{"source-ignored", "a node's table is not summed: 'from' does not take its suffix"},
	{"source-missing", "some nodes do not have a table that others count in"},
	{"source-unshared", "a table is in no peers section, so that nobody hears of it"},
	{"sources-disagree", "nodes have declared one table in different ways"},
	{"target-collision", "several tables become one sum"},
	{"tls", "one side speaks TLS where the other does not"},
	{"twin-columns", "the twin lacks columns of its source"},
	{"twin-expire", "the twin forgets earlier than its source, or never"},
	{"twin-length", "the twin's keys are shorter than its source's"},
	{"twin-missing", "a node has no table for the sum"},
	{"twin-period", "a rate of the twin has another period than its source's"},
	{"twin-place", "the twin is in a proxy and its source in a peers section, or the other way round: their names differ by a slash"},
	{"twin-size", "the twin has less room than all nodes' keys may need"},
	{"twin-tracked", "a rule counts in the twin, over which the sum is written"},
	{"twin-type", "the twin has keys of another type than its source"},
	{"twin-unread", "no rule reads the sum"},
	{"twin-unshared", "the twin is not in the peers section by which the aggregator is reached"},
	{"unjudged", "something cannot be told from the files alone"},
}

// Rules are all rules that Check may find something by, sorted by name.
func Rules() []Rule { return rules }
