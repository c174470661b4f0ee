// Package monitoring holds alert rules and a dashboard, and tests that try them. Nothing may import it.
package monitoring
