package cli

import "strings"

// reload answers as HAProxy's master process does: Success=1, or 0 and the reasons, each
// on its line.
func reload(r *request) error {
	err := r.backend.Reload()
	if err == nil {
		r.printf("Success=1\n")
		return nil
	}
	var b strings.Builder
	b.WriteString("Success=0\n--\n")
	for line := range strings.Lines(err.Error()) {
		b.WriteString(oneLine(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return answer(b.String())
}
