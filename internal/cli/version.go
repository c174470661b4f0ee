package cli

// showVersion prints the version and nothing else, as HAProxy does.
func showVersion(r *request) error {
	r.printf("%s\n", r.backend.Process().Version)
	return nil
}
