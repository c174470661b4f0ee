package daemon

import (
	"errors"
	"time"

	"tallystick/internal/node"
	"tallystick/internal/view"
)

// Ban implements view.Operator.
func (b *backend) Ban(section, name string, key []byte, v view.Assignment, life time.Duration) error {
	s := b.section(section)
	if s == nil {
		return view.ErrGone
	}
	if life <= 0 || life > view.MaxBan {
		return errors.New("a ban lives from 1ms to 24.8 days")
	}
	return s.Ban(name, node.Ban{Key: key, Type: v.Type, Element: v.Element, Value: v.Value, Until: time.Now().Add(life)})
}

// Unban implements view.Operator.
func (b *backend) Unban(section, name string, key []byte, of *view.Assignment) (ended int, err error) {
	s := b.section(section)
	if s == nil {
		return 0, view.ErrGone
	}
	if of == nil {
		return s.Unban(name, key, nil), nil
	}
	return s.Unban(name, key, &node.Ban{Type: of.Type, Element: of.Element}), nil
}

// Bans implements view.Operator.
func (b *backend) Bans(section string) ([]view.Ban, error) {
	s := b.section(section)
	if s == nil {
		return nil, view.ErrGone
	}
	var list []view.Ban
	for _, o := range s.Bans() {
		list = append(list, view.Ban{Table: o.Table, KeyType: o.KeyType, Key: o.Key, Until: o.Until, Idle: o.Idle,
			Value: view.Assignment{Type: o.Type, Element: o.Element, Value: o.Value}})
	}
	return list, nil
}
