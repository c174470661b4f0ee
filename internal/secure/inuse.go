package secure

import "time"

// InUse is a certificate of a file that is in use.
type InUse struct {
	File string
	For  string // the names that it is for, or the authority
	Ends time.Time
}

// InUse lists the certificates of all files that lines name, a bundle's each for itself.
// Safe for concurrent use.
func (s *Store) InUse() (list []InUse) {
	inUse := *s.now.Load()
	for _, n := range sorted(inUse) {
		for _, c := range inUse[n].certs {
			list = append(list, InUse{n.file, describe(c), c.NotAfter})
		}
	}
	return list
}
