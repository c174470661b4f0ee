package memory

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// noLimit: version 1 of control groups says "none" with the largest number of pages.
const noLimit = 1 << 60

// Limit is the lowest limit of memory, in bytes, of the control groups that the process is in
// (cgroups(7), both versions), and the file that says it; "" if there is none or nothing can
// be read. root is the system's files, from "/".
func Limit(root fs.FS) (bytes uint64, file string) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, ""
	}
	for line := range strings.Lines(string(groups)) {
		// hierarchy-ID:controller,controller:path. Version 2 has 0 and no controller.
		words := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(words) < 3 {
			continue
		}
		at, name := "", ""
		switch {
		case words[0] == "0" && words[1] == "":
			at, name = "sys/fs/cgroup", "memory.max"
		case slices.Contains(strings.Split(words[1], ","), "memory"):
			at, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		if b, f := lowest(root, at, words[2], name); f != "" && (file == "" || b < bytes) {
			bytes, file = b, f
		}
	}
	return bytes, file
}

// lowest finds the lowest limit of a group and of those around it. A container may see its
// own group at the top, under whatever path: then the files on the way are not there.
func lowest(root fs.FS, at, group, name string) (bytes uint64, file string) {
	group = path.Clean("/" + group) // never above at, whatever the file says
	for {
		f := path.Join(at, group, name)
		if b, ok := readLimit(root, f); ok && (file == "" || b < bytes) {
			bytes, file = b, "/"+f
		}
		if group == "/" {
			return bytes, file
		}
		group = path.Dir(group)
	}
}

// readLimit reads one limit; "max" and what is no number is none.
func readLimit(root fs.FS, file string) (bytes uint64, ok bool) {
	b, err := fs.ReadFile(root, file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil && n > 0 && n < noLimit
}
