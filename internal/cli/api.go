package cli

// showAPI: "show api PATH" is the HTTP API on this socket, for programs: tallystick top, or a script that
// finds no http line.
func showAPI(r *request) error {
	if len(r.args) == 0 {
		return r.usage()
	}
	ask := r.client.server.config.API
	if ask == nil {
		return answer("There is no API")
	}
	r.buf = append(append(r.buf, ask(r.args[0])...), '\n')
	r.spill()
	return nil
}
