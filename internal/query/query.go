// Package query is what can be asked of a table, and how its values are told: keys as they are
// typed, columns by name, filters, the largest of a column, values as JSON. The runtime CLI and
// the HTTP API ask with it, so that one word means the same in both.
//
// It is pure: it is handed entries, and reads no table itself. It prints no sentence to anybody
// but the reasons of its own errors, which hold nothing of what was typed: escaping that, and
// saying where it stood, is the asker's business.
package query
