//go:build !race

package interop

// As "make build" does it.
var (
	buildFlags = []string{"-trimpath"}
	buildEnv   = []string{"CGO_ENABLED=0"}
)
