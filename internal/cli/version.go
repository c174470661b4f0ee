package cli

// showVersion prints the version and nothing else, as HAProxy does.
func showVersion(r *request) error {
	if err := r.noMore(0); err != nil {
		return err
	}
	r.printf("%s\n", r.backend.Process().Version)
	return nil
}
