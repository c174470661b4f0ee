package cli

import "strings"

// disablePeer: "disable peer ID/NAME".
func disablePeer(r *request) error { return r.setPeer(false) }

// enablePeer: "enable peer ID/NAME".
func enablePeer(r *request) error { return r.setPeer(true) }

func (r *request) setPeer(enabled bool) error {
	if len(r.args) == 0 {
		return r.usage()
	}
	id, wanted, ok := strings.Cut(r.args[0], "/")
	if !ok {
		return refuse("Require '<id>/<peer>', not '%s' (word %d)", oneWord(r.args[0]), r.position(0))
	}
	section, err := r.section(id, 0)
	if err != nil {
		return err
	}
	var names []string
	for _, p := range section.Peers {
		if p.Name == wanted {
			return r.backend.SetPeer(id, wanted, enabled)
		}
		names = append(names, p.Name)
	}
	return refuse("No such peer '%s' in '%s' (word %d)%s", oneWord(wanted), oneWord(id), r.position(0), nearest(wanted, names))
}
