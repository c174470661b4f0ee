package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Disk is where files are read from: os.ReadFile and os.ReadDir, or a test's answers.
type Disk struct {
	ReadFile func(name string) ([]byte, error)
	ReadDir  func(name string) ([]fs.DirEntry, error)
}

// Read reads the files that -f names, in the order of the options. A directory stands for
// its *.cfg in C order, hidden ones left out, as in HAProxy. The error tells of every file
// that cannot be read.
func (d Disk) Read(paths []string) ([]File, error) {
	var files []File
	var errs []error
	for _, path := range paths {
		names := []string{path}
		if entries, err := d.ReadDir(path); err == nil {
			if names = configs(path, entries); len(names) == 0 {
				errs = append(errs, &fs.PathError{Op: "read", Path: path, Err: errors.New("no *.cfg in this directory")})
			}
		}
		for _, name := range names {
			data, err := d.ReadFile(name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			files = append(files, File{Name: name, Data: data})
		}
	}
	return files, errors.Join(errs...)
}

// configs are the configuration files of a directory, sorted by bytes.
func configs(dir string, entries []fs.DirEntry) []string {
	var names []string
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && strings.HasSuffix(name, ".cfg") && name[0] != '.' {
			names = append(names, filepath.Join(dir, name))
		}
	}
	slices.Sort(names)
	return names
}
