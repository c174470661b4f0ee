package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// copyright is the file that a package must have: our licence, and those of all parts, which
// want to be told to whoever gets the program. A part without one is an error.
func (r *release) copyright(parts []part) ([]byte, error) {
	ours, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tallystick\n\n%s\nThe program contains the following as well.\n", ours)
	dirs, err := r.dirsOf(parts)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		texts, err := licencesIn(dirs[p.path])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.path, err)
		}
		fmt.Fprintf(&b, "\n%s\n%s %s\n\n%s\n", strings.Repeat("-", 80), p.path, p.version, strings.Join(texts, "\n"))
	}
	return []byte(b.String()), nil
}

// dirsOf is where the sources of the parts are, by their paths.
func (r *release) dirsOf(parts []part) (map[string]string, error) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{"std": strings.TrimSpace(string(goroot))}
	args := []string{"mod", "download", "-json"}
	for _, p := range parts {
		if p.path != "std" {
			args = append(args, p.path+"@"+p.version)
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = r.root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("sources of the parts: %w", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var m struct{ Path, Dir string }
		if err := d.Decode(&m); err != nil {
			return nil, err
		}
		dirs[m.Path] = m.Dir
	}
	return dirs, nil
}

// licencesIn reads the files in which modules have their licences and notices.
func licencesIn(dir string) (texts []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("no licence in %s", dir)
	}
	return texts, nil
}
