package main

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2/files"
)

// item is a file of the packages, or a folder with all that is in it.
type item struct {
	to, from string // in the package, and from the project's root
	kind     string // files.TypeConfigNoReplace: the administrator's; gzipped; or ""
}

const gzipped = "gzip"

// items are what the packages have beside the program and the copyright file. Paths are Debian's,
// which systemd, bash, zsh and vim of others read as well.
var items = []item{
	{"/etc/tallystick/tallystick.cfg", "packaging/etc/tallystick.cfg", files.TypeConfigNoReplace},
	{"/etc/default/tallystick", "packaging/etc/default", files.TypeConfigNoReplace},
	{"/etc/logrotate.d/tallystick", "packaging/etc/logrotate", files.TypeConfigNoReplace},
	{"/usr/lib/sysusers.d/tallystick.conf", "packaging/systemd/tallystick.sysusers", ""},
	{"/lib/systemd/system/tallystick.service", "packaging/systemd/tallystick.service", ""},
	{"/lib/systemd/system/tallystick.socket", "packaging/systemd/tallystick.socket", ""},

	{"/usr/share/man/man8/tallystick.8.gz", "doc/tallystick.8", gzipped},
	{"/usr/share/man/man5/tallystick.cfg.5.gz", "doc/tallystick.cfg.5", gzipped},
	{"/usr/share/man/man1/tallystick-cli.1.gz", "doc/tallystick-cli.1", gzipped},
	{"/usr/share/bash-completion/completions/tallystick", "packaging/completion/tallystick.bash", ""},
	{"/usr/share/zsh/vendor-completions/_tallystick", "packaging/completion/_tallystick", ""},
	{"/usr/share/vim/vimfiles/syntax/tallystick.vim", "packaging/vim/syntax/tallystick.vim", ""},
	{"/usr/share/vim/vimfiles/ftdetect/tallystick.vim", "packaging/vim/ftdetect/tallystick.vim", ""},

	{doc + "/README.md", "README.md", ""},
	{doc + "/SECURITY.md", "SECURITY.md", ""},
	{doc + "/PROTOCOL.md", "PROTOCOL.md", ""},
	{doc + "/changelog.gz", "CHANGELOG.md", gzipped},
	{doc + "/reference.cfg", "doc/reference.cfg", ""},
	{doc, "doc/*.md", ""},
	{doc + "/examples", "examples", ""},
	{doc + "/examples/kubernetes", "packaging/kubernetes", ""},
	{doc + "/examples/monitoring", "packaging/monitoring", ""},
	{doc + "/examples/container", "packaging/container", ""},
}

const doc = "/usr/share/doc/tallystick"

// stage lays the files of a package out in a folder, with the permissions that they get, and
// lists them.
func (r *release) stage(dir, program string, copyright []byte) (files.Contents, error) {
	s := stager{dir: dir, release: r}
	s.copy("/usr/sbin/tallystick", program, "", 0o755)
	s.write(doc+"/copyright", copyright, "", 0o644)
	for _, i := range items {
		s.item(i)
	}
	return s.all, s.err
}

// stager stages until something fails.
type stager struct {
	*release
	dir string
	all files.Contents
	err error
}

// item stages what an item stands for.
func (s *stager) item(i item) {
	from := filepath.Join(s.root, i.from)
	names := []string{from}
	if strings.Contains(i.from, "*") {
		names, s.err = filepath.Glob(from)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case s.err != nil:
		case err != nil:
			s.err = err
		case info.IsDir():
			s.tree(i.to, name)
		case strings.Contains(i.from, "*"):
			s.copy(i.to+"/"+filepath.Base(name), name, i.kind, 0o644)
		default:
			s.copy(i.to, name, i.kind, 0o644)
		}
	}
}

// tree stages a folder, but not what is there for Go.
func (s *stager) tree(to, from string) {
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, ".go") {
			return err
		}
		inside, err := filepath.Rel(from, path)
		s.copy(to+"/"+inside, path, "", 0o644)
		return err
	})
	if s.err == nil {
		s.err = err
	}
}

func (s *stager) copy(to, from, kind string, mode fs.FileMode) {
	data, err := os.ReadFile(from)
	if s.err == nil {
		s.err = err
	}
	s.write(to, data, kind, mode)
}

func (s *stager) write(to string, data []byte, kind string, mode fs.FileMode) {
	if s.err != nil {
		return
	}
	if kind == gzipped {
		kind = ""
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // with no name and no time in it
		if _, s.err = w.Write(data); s.err == nil {
			s.err = w.Close()
		}
		data = b.Bytes()
	}
	file := filepath.Join(s.dir, to)
	if s.err = os.MkdirAll(filepath.Dir(file), 0o755); s.err == nil {
		s.err = os.WriteFile(file, data, mode)
	}
	s.all = append(s.all, &files.Content{Source: file, Destination: to, Type: kind,
		FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: s.when}})
}
