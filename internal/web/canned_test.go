package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tallystick/internal/query"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// canned are the answers that the page's tests are given in the place of ours, and what each is an answer to.
var canned = map[string]struct{ method, path string }{
	"adopt":        {"POST", "adopt"},
	"entries":      {"GET", "tables/cluster/web.agg/entries"},
	"history":      {"GET", "history"},
	"history_keys": {"GET", "history/keys"},
	"info":         {"GET", "info"},
	"key":          {"GET", "tables/cluster/web.agg/keys/192.0.2.77"},
	"lint":         {"GET", "lint"},
	"peers":        {"GET", "peers"},
	"tables":       {"GET", "tables"},
	"topology":     {"GET", "topology"},
}

// TestCannedAnswersAreAsDescribed holds what the page is tested with against the description that we serve: a field
// that is renamed here and not there would leave both rooms' tests green, and a page that shows nothing.
func TestCannedAnswersAreAsDescribed(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(newRig(t).ask("GET", root+"openapi.json").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../page/testdata/*.json")
	if err != nil || len(files) < len(canned) {
		t.Fatalf("%d files, and %d answers are known (%v)", len(files), len(canned), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == "log" {
			continue // events are not in the description: the next test
		}
		c, ok := canned[name]
		if !ok {
			t.Errorf("%s: nobody knows what it is an answer to", file)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		q := httptest.NewRequest(c.method, root+c.path, nil)
		found, path, err := router.FindRoute(q)
		if err != nil {
			t.Fatalf("%s %s: %v", c.method, c.path, err)
		}
		in := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: q, PathParams: path, Route: found},
			Status:                 http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
		}
		in.SetBodyBytes(text)
		if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
			t.Errorf("%s is no answer to %s %s: %s", file, c.method, c.path, strings.Join(faults(err), "; "))
		}
	}
}

// faults says in short what a validation has found: an error of its own prints the whole answer.
func faults(err error) (list []string) {
	var many openapi3.MultiError
	if errors.As(err, &many) {
		for _, e := range many {
			list = append(list, faults(e)...)
		}
		return list
	}
	var one *openapi3.SchemaError
	if errors.As(err, &one) {
		return []string{"/" + strings.Join(one.JSONPointer(), "/") + ": " + one.Reason}
	}
	return []string{err.Error()}
}

// TestCannedLogIsAsSent does the same for lines of the log, which come as events.
func TestCannedLogIsAsSent(t *testing.T) {
	text, err := os.ReadFile("../page/testdata/log.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []json.RawMessage
	if err := json.Unmarshal(text, &lines); err != nil || len(lines) < 5 {
		t.Fatalf("%d lines: %v", len(lines), err)
	}
	for i, line := range lines {
		var v Logged
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			t.Errorf("line %d: %v", i, err)
			continue
		}
		var have, want map[string]any
		if err := errors.Join(json.Unmarshal(line, &have), json.Unmarshal(query.Marshal(v), &want)); err != nil || len(have) != len(want) {
			t.Errorf("line %d has the fields of %v, and %v are sent (%v)", i, have, want, err)
		}
	}
}
