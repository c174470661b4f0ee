package config

import "net/netip"

// Door is one address at which peers come in: of a section's local line, or of a bind line.
type Door struct {
	Line  string // what the line is: "bind", or "section ID" for its local line
	Pos   Pos
	Addr  Addr
	TLS   TLS
	Allow []netip.Prefix // addresses that may come, where the peer's line does not say; nil: what the section says
}

// Doors are all addresses at which peers come in, in the order of the configuration.
func (c *Config) Doors() (doors []Door) {
	for i := range c.Global.Binds {
		doors = append(doors, c.Global.Binds[i].door())
	}
	for _, s := range c.Sections {
		doors = append(doors, s.own()...)
	}
	return doors
}

// doorsOf are the addresses at which peers come in to one section.
func (c *Config) doorsOf(s *Section) (doors []Door) {
	for i := range c.Global.Binds {
		if b := &c.Global.Binds[i]; b.Serves(s.ID) {
			doors = append(doors, b.door())
		}
	}
	return append(doors, s.own()...)
}

func (b *Bind) door() Door { return Door{"bind", b.Pos, b.Addr, b.TLS, b.Allow} }

// own is the door of the local line, if there is one.
func (s *Section) own() []Door {
	if s.Local == nil || s.Local.Addr.IsZero() {
		return nil
	}
	return []Door{{"section " + s.ID, s.Local.Pos, s.Local.Addr, s.Local.TLS, s.Local.Allow}}
}
