// Package kubernetes holds the manifests for a cluster, and tests that hold them against the types of
// the API and against each other. Nothing may import it.
package kubernetes
