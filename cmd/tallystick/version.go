package main

// What this is, as -v and the runtime CLI say it.
const (
	versionNumber = "0.1.0"
	releaseDate   = "2026/11/21"
)
