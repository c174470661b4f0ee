//go:build race

package interop

// buildFlags: a race in the program ends it with an exit status of its own, which fails the test.
var buildFlags = []string{"-race"}
