package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
)

// The list of parts is what "go version -m" says is linked in, and reads back as CycloneDX.
func TestSBOM(t *testing.T) {
	for _, arch := range arches {
		program := filepath.Join(made, "tallystick-"+version+"-linux-"+arch)
		file, err := os.Open(program + ".cdx.json")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var bom cyclonedx.BOM
		if err := cyclonedx.NewBOMDecoder(file, cyclonedx.BOMFileFormatJSON).Decode(&bom); err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for line := range strings.Lines(output(t, "go", "version", "-m", program)) {
			if f := strings.Fields(line); f[0] == "dep" {
				want = append(want, "pkg:golang/"+f[1]+"@"+f[2])
			} else if strings.HasSuffix(f[0], ":") { // PROGRAM: goX
				want = append(want, "pkg:golang/std@"+strings.TrimPrefix(f[1], "go"))
			}
		}
		for _, c := range *bom.Components {
			got = append(got, c.PackageURL)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || len(want) < 5 {
			t.Errorf("%s: parts are %q, want %q", arch, got, want)
		}
		if c := bom.Metadata.Component; c.Name != "tallystick" || c.Version != version {
			t.Errorf("%s: it is of %s %s", arch, c.Name, c.Version)
		}
		var raw map[string]any
		if err := json.Unmarshal([]byte(read(t, program+".cdx.json")), &raw); err != nil || raw["bomFormat"] != "CycloneDX" {
			t.Errorf("%v: %v", raw["bomFormat"], err)
		}
	}
}

// Whoever gets the program gets the licence of every part of it.
func TestCopyright(t *testing.T) {
	r := release{root: "../.."}
	parts, err := partsOf(filepath.Join(made, "tallystick-"+version+"-linux-amd64"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.copyright(parts)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MIT License", "the tallystick authors", "The Go Authors", "\nstd ", "github.com/fsnotify/fsnotify v"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q", want)
		}
	}
	if _, err := licencesIn(t.TempDir()); err == nil {
		t.Error("a part without a licence must not be given away unseen")
	}
}
