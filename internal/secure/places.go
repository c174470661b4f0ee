package secure

import (
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many symlinks may lead to a file. The kernel allows 40, too.
const maxLinks = 40

// places returns the absolute path of every symlink on the way to path, and at last that
// of what is there, which need not exist. For a mounted secret of Kubernetes:
//
//	/etc/tls/us.pem        -> ..data/us.pem
//	/etc/tls/..data        -> ..2026_01_31
//	/etc/tls/..2026_01_31/us.pem
func places(path string) (all []string) {
	rest, err := filepath.Abs(path)
	if err != nil { // there is no working directory any more
		return nil
	}
	done := "/" // free of symlinks; rest is to be walked from there
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		switch name {
		case "", ".":
			continue
		case "..":
			done = filepath.Dir(done)
			continue
		}
		here := filepath.Join(done, name)
		to, err := os.Readlink(here)
		if err != nil { // no link, or nothing at all
			done = here
			continue
		}
		if all = append(all, here); len(all) > maxLinks { // in a circle
			return all
		}
		if filepath.IsAbs(to) {
			done = "/"
		}
		rest = to + "/" + rest
	}
	return append(all, done)
}
