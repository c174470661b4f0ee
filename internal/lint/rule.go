package lint

// Rule is one thing that is looked for.
type Rule struct {
	Name  string // in kebab case; stable
	About string // what it finds, in a few words
}

// Rules lists all rules, by name. doc/lint.md explains each. What is found in files as well has the name that it has
// there (fleet), and no other thing has it.
func Rules() []Rule {
	return []Rule{
		{"aggregator-name", "a caller calls us by a name that is not ours"},
		{"certificate", "a certificate ends soon, or has ended"},
		{"limit-entries", "a section has as many rows as it may have"},
		{"limit-peers", "a section has as many dynamic peers as it may have"},
		{"limit-tables", "a section has as many tables as it may have"},
		{"more", "so much is wrong that not all of it is listed"},
		{"name-twice", "two processes have one name"},
		{"name-unknown", "a caller's name is on no line"},
		{"nodes-replicate", "nodes replicate a source table among themselves"},
		{"not-allowed", "a caller's address is not one that it may come from"},
		{"partial", "a peer never says that its lesson was all"},
		{"peer-down", "a peer has had no session for a while"},
		{"peer-never", "a peer has never been here"},
		{"recv-only", "a node does not keep the conn_cur that it is told"},
		{"replicas-disagree", "members of a group see different numbers"},
		{"shard", "a node sends keys of another shard"},
		{"source-missing", "a node lacks a source table that others have"},
		{"sources-disagree", "a source table is defined otherwise than on other nodes"},
		{"suffix-clash", "two levels give their sums one suffix"},
		{"tls", "somebody could not come in because of TLS"},
		{"twin-columns", "a node's table for the sum has other columns than the sources"},
		{"twin-expire", "a node's table for the sum forgets earlier than the sources"},
		{"twin-length", "a node's table for the sum has too short keys"},
		{"twin-missing", "a node has no table for the sum"},
		{"twin-period", "a node's table for the sum has a rate of another period"},
		{"twin-place", "a node has its table for the sum in a proxy instead of the peers section, or the other way round"},
		{"twin-tracked", "a node counts in its table for the sum"},
		{"twin-type", "a node's table for the sum has another type of key"},
	}
}
