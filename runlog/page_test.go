package runlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/runlog"
)

// logged are the records of a run, at any level.
func logged(t testing.TB, r groups.Ended) (records []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	runlog.Hooks(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))).Ran(t.Context(), r)
	for dec := json.NewDecoder(&out); dec.More(); {
		var record map[string]any
		if err := dec.Decode(&record); err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
	return records
}

// table are the rows of the table on the page that begins with a header, cell by cell.
func table(t testing.TB, header string) (rows [][]string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, body, found := strings.Cut(string(readme), header+"\n")
	if !found {
		t.Fatalf("there is no table %s", header)
	}
	body, _, _ = strings.Cut(body, "\n\n")
	for _, line := range strings.Split(strings.TrimSpace(body), "\n")[1:] {
		rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
	}
	return rows
}

func TestThePageHasEveryAttributeAndNoOther(t *testing.T) {
	page := map[string]map[string]bool{"run": {}, "group": {}}
	for _, row := range table(t, "| attribute | of | what |") {
		for _, name := range regexp.MustCompile("`(.+?)`").FindAllStringSubmatch(row[0], -1) {
			for _, of := range strings.Split(row[1], ", ") {
				page[of][name[1]] = true
			}
		}
	}
	log := map[string]map[string]bool{"run": {}, "group": {}}
	for _, r := range []groups.Ended{
		{Run: &groups.Run{Diffs: []groups.Diff{{Group: "g", Joined: []groups.Change{{User: "u"}}}}}}, {Err: errors.New("x")},
	} {
		for _, record := range logged(t, r) {
			for name := range record {
				if !slices.Contains([]string{slog.TimeKey, slog.LevelKey, slog.MessageKey}, name) {
					log[fmt.Sprint(record[slog.MessageKey])][name] = true
				}
			}
		}
	}
	if diff := cmp.Diff(page, log); diff != "" {
		t.Errorf("(-page +log)\n%s", diff)
	}
}

func TestErrorsAreCalledAsThePageSays(t *testing.T) {
	names := map[string]error{
		"context.Canceled": context.Canceled, "context.DeadlineExceeded": context.DeadlineExceeded, "ErrConflict": groups.ErrConflict,
		"ErrStale": groups.ErrStale, "ErrPlan": groups.ErrPlan, "ErrNotFound": groups.ErrNotFound, "ErrEligible": groups.ErrEligible,
		"ErrExcluded": groups.ErrExcluded, "ErrAssigned": groups.ErrAssigned, "ErrCycle": groups.ErrCycle, "ErrGroup": groups.ErrGroup,
		"ErrSchema": groups.ErrSchema, "none of these: a store or a directory failed": errors.New("row 5000"),
	}
	left := maps.Clone(names)
	for _, row := range table(t, "| `failed` | the error wraps |") {
		for _, name := range strings.Split(strings.ReplaceAll(row[1], "`", ""), ", ") {
			err, known := names[name]
			if !known {
				t.Errorf("no error %s", name)
				continue
			}
			delete(left, name)
			record := logged(t, groups.Ended{Err: fmt.Errorf("read: %w", err)})[0]
			if got := fmt.Sprint(record["failed"]); "`"+got+"`" != row[0] || record[slog.LevelKey] != "ERROR" {
				t.Errorf("%s is %s, not %s: %v", name, got, row[0], record)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("the page does not have %v", left)
	}
}
