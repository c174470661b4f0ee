package cli

import "strings"

// stays ends the answer of a reload that did not happen: whoever reads a page of complaints
// wants to know next what serves now.
const stays = "the old configuration stays in use"

// reload answers as HAProxy's master process does: Success=1 or 0, and behind "--" what there
// is to say of it: what has changed, or every complaint on its line.
func reload(r *request) error {
	changed, err := r.backend.Reload()
	if err == nil {
		r.printf("Success=1\n")
		if changed != "" {
			r.printf("--\n%s\n", oneLine(changed))
		}
		return nil
	}
	var b strings.Builder
	b.WriteString("Success=0\n--\n")
	for line := range strings.Lines(err.Error()) {
		// An empty line would end the answer before its time.
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			b.WriteString(oneLine(line) + "\n")
		}
	}
	b.WriteString(stays + "\n")
	return answer(b.String())
}
