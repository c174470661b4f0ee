package memory

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestLimit(t *testing.T) {
	const self = "proc/self/cgroup"
	for _, x := range []struct {
		name  string
		files map[string]string
		want  uint64
		file  string
	}{
		{"no control groups", nil, 0, ""},
		{"version 2", map[string]string{self: "0::/system.slice/tallystick.service\n",
			"sys/fs/cgroup/system.slice/tallystick.service/memory.max": "536870912\n"},
			512 << 20, "/sys/fs/cgroup/system.slice/tallystick.service/memory.max"},
		{"version 2, no limit", map[string]string{self: "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 0, ""},
		{"version 2, a group around it has less", map[string]string{self: "0::/pod/app\n",
			"sys/fs/cgroup/pod/app/memory.max": "2000000000\n", "sys/fs/cgroup/pod/memory.max": "1000000000\n"},
			1e9, "/sys/fs/cgroup/pod/memory.max"},
		{"version 2, only the group around it has one", map[string]string{self: "0::/pod/app\n",
			"sys/fs/cgroup/pod/app/memory.max": "max\n", "sys/fs/cgroup/pod/memory.max": "1000000000\n"},
			1e9, "/sys/fs/cgroup/pod/memory.max"},
		{"version 2, a container that sees its group at the top", map[string]string{self: "0::/\n", "sys/fs/cgroup/memory.max": "64000000\n"},
			64e6, "/sys/fs/cgroup/memory.max"},
		{"version 1", map[string]string{self: "5:devices:/x\n4:cpu,memory:/docker/abc\n0::/\n",
			"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "268435456\n"},
			256 << 20, "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes"},
		{"version 1, no limit", map[string]string{self: "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0, ""},
		{"version 1, a container whose path is that of the host", map[string]string{self: "4:memory:/docker/abc\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1048576\n"}, 1 << 20, "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
		{"both versions: the lower counts", map[string]string{self: "4:memory:/a\n0::/b\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "2000000\n", "sys/fs/cgroup/b/memory.max": "1000000\n"}, 1e6, "/sys/fs/cgroup/b/memory.max"},
		{"another controller whose name has the word", map[string]string{self: "4:hugememory:/a\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000\n"}, 0, ""},
		{"no number", map[string]string{self: "0::/a\n", "sys/fs/cgroup/a/memory.max": "many\n"}, 0, ""},
		{"nothing: it would forbid us everything", map[string]string{self: "0::/a\n", "sys/fs/cgroup/a/memory.max": "0\n"}, 0, ""},
		{"a path that leaves the place", map[string]string{self: "0::/../../../etc\n", "etc/memory.max": "1000\n"}, 0, ""},
		{"lines that are none", map[string]string{self: "\n0\nx:y\n", "sys/fs/cgroup/memory.max": "1000\n"}, 0, ""},
	} {
		root := fstest.MapFS{}
		for name, text := range x.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if n, file := Limit(root); n != x.want || file != x.file {
			t.Errorf("%s: %d of %q, want %d of %q", x.name, n, file, x.want, x.file)
		}
	}
}

// unreadable is a system whose limits are not for us to see.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	if name == "proc/self/cgroup" {
		return u.MapFS.Open(name)
	}
	return nil, fs.ErrPermission
}

func (u unreadable) ReadFile(name string) ([]byte, error) {
	if name == "proc/self/cgroup" {
		return u.MapFS.ReadFile(name)
	}
	return nil, fs.ErrPermission
}

func TestLimitUnreadable(t *testing.T) {
	root := unreadable{fstest.MapFS{"proc/self/cgroup": {Data: []byte("0::/a\n")}, "sys/fs/cgroup/a/memory.max": {Data: []byte("1000")}}}
	if n, file := Limit(root); file != "" {
		t.Errorf("%d of %q, want none: what cannot be read is no limit", n, file)
	}
}
