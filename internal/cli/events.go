package cli

// showEvents prints what happened lately, the oldest first.
func showEvents(r *request) error {
	for _, e := range r.backend.Events() {
		r.printf("%s %s: %s\n", stamp(e.Time), oneWord(e.Level), oneLine(e.Text))
		if !r.spill() {
			break
		}
	}
	return nil
}
