// Package cli is the runtime CLI: what an operator, hatop or an agent asks on a stats
// socket, in HAProxy's grammar, and what they are answered.
//
// It is an edge room: it owns the goroutines and connections of its clients, never the
// listeners, which are handed in. It looks on: it reads the program through view.Backend, which
// daemon implements, and must never hold anything of it while a client is written to, so
// that a client that does not read costs one goroutine for a few seconds and nobody else.
// Everything that came from a peer or a key is escaped before it is printed.
package cli
