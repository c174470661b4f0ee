package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The image is the program and nothing else, runs as nobody in particular, and ends in order.
func TestImage(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not run: here only root can make an image")
	}
	need(t, "buildah")
	dir := t.TempDir()
	buildah := []string{"buildah", "--storage-driver", "vfs", "--root", filepath.Join(dir, "store"), "--runroot", filepath.Join(dir, "run")}
	if said, err := combined(t, slices.Concat(buildah, []string{"build", "--isolation", "chroot", "--timestamp", "1700000000",
		"--file", "../container/Containerfile", "--build-arg", "VERSION=" + version, "--build-arg", "TARGETARCH=amd64", "--tag", "tallystick:" + version, made})...); err != nil {
		t.Skipf("not run: buildah cannot make an image on this machine: %s", said)
	}
	image := filepath.Join(dir, "oci")
	output(t, slices.Concat(buildah, []string{"push", "tallystick:" + version, "oci:" + image + ":x"})...)
	checkImage(t, image)
}

// checkImage looks into an image on disk.
func checkImage(t *testing.T, dir string) {
	t.Helper()
	blob := func(digest string, to any) string {
		file := filepath.Join(dir, "blobs", strings.Replace(digest, ":", "/", 1))
		if to != nil {
			if err := json.Unmarshal([]byte(read(t, file)), to); err != nil {
				t.Fatal(err)
			}
		}
		return file
	}
	type ref struct{ Digest string }
	var index struct{ Manifests []ref }
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "index.json"))), &index); err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Config ref
		Layers []ref
	}
	blob(index.Manifests[0].Digest, &manifest)
	type config struct {
		User, StopSignal string
		Entrypoint, Cmd  []string
		ExposedPorts     map[string]struct{}
	}
	var image struct{ Config config }
	blob(manifest.Config.Digest, &image)
	want := config{"65532:65532", "SIGUSR1", []string{"/tallystick"}, []string{"-f", "/etc/tallystick/tallystick.cfg"},
		map[string]struct{}{"10000": {}, "8404": {}}}
	if got := image.Config; got.ExposedPorts["10000/tcp"] == (struct{}{}) && len(got.ExposedPorts) == 2 {
		got.ExposedPorts = want.ExposedPorts // "/tcp" is said or not
		image.Config = got
	}
	if diff := cmp.Diff(want, image.Config); diff != "" {
		t.Errorf("- want, + image:\n%s", diff)
	}
	var files string
	for _, l := range manifest.Layers {
		files += output(t, "tar", "--list", "--file", blob(l.Digest, nil))
	}
	if files != "tallystick\n" {
		t.Errorf("the image holds %q, want the program alone", files)
	}
}
