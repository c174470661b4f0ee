//go:build race

package interop

// A race in the program ends it with an exit status of its own, which fails the test.
var (
	buildFlags = []string{"-race"}
	buildEnv   = []string{"CGO_ENABLED=1"}
)
