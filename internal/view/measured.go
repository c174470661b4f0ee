package view

// Hit is a limit or a reason to refuse somebody, and how often it was met since our start.
// The names are a closed set: none comes from outside.
type Hit struct {
	Name  string // snake_case
	Times uint64
}

// Group is a group of replicas that feeds any table.
type Group struct {
	Name          string // as in Peer.Group; "": the peers above us that are in none
	Takeovers     uint64 // times that another of them came to count, since our start
	Disagreements int    // tables about which they disagree now
}

// Histogram is how many of what was observed since our start lie where. Both divisions are of the
// same observations.
type Histogram struct {
	Count  uint64
	Sum    float64   // in seconds
	Bounds []float64 // upper bounds, in seconds, ascending; the last bucket has none
	Counts []uint64  // of each bucket, one more than Bounds

	// Fine has the numbers by powers of the eighth root of two, as native histograms of Prometheus
	// with schema 3 have them: Fine[i] is of values above 2^((First+i-1)/8) s, up to 2^((First+i)/8) s.
	First int
	Fine  []uint64
}
