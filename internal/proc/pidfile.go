package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// PidFile is a file with our process id that we have written. The nil PidFile is that
// of a process that was asked for none.
type PidFile struct {
	path string
	file *os.File // open while we live: see Remove
}

// WritePidFile puts our process id and a newline into path, readable for all. As in
// HAProxy the file is written by the process that serves, while it still is root, and
// whatever stands there is overwritten, stale or not: the newest process has the name.
// It appears whole: a reader finds the old file or the new one.
func WritePidFile(path string) (*PidFile, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".pid-*")
	if err != nil {
		return nil, fmt.Errorf("pid file %s: %w", path, cause(err))
	}
	if err := publishPid(f, path); err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, fmt.Errorf("pid file %s: %w", path, cause(err))
	}
	return &PidFile{path: path, file: f}, nil
}

func publishPid(f *os.File, path string) error {
	if _, err := f.WriteString(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil { // whatever the umask
		return err
	}
	return os.Rename(f.Name(), path)
}

// Remove empties the file, then removes it if it still has the name: a successor may
// have put its own there. Emptied first, because who has dropped root may not remove
// what root made in a folder of root's, but still holds it open: an empty file signals
// nobody, a stale number one day a stranger.
func (p *PidFile) Remove() error {
	if p == nil {
		return nil
	}
	defer p.file.Close()
	if err := p.file.Truncate(0); err != nil {
		return fmt.Errorf("pid file %s: %w", p.path, cause(err))
	}
	if !p.isOurs() {
		return nil
	}
	if err := os.Remove(p.path); err != nil && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("pid file %s: %w", p.path, cause(err))
	}
	return nil
}

// isOurs compares files, not contents: in containers all pids are 1.
func (p *PidFile) isOurs() bool {
	mine, err := p.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(p.path)
	return err == nil && os.SameFile(mine, there)
}

// cause takes the temporary names out of an error of os: the caller names the file
// that the operator wrote.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
