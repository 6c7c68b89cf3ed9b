package groups_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The README shows code that runs: each of its Go blocks stands in the file named above it.
func TestTheCodeOfTheReadmeIsThatOfTestedExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)<!-- from ([^ ]+) -->\n```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if n := strings.Count(string(readme), "```go"); n == 0 || n != len(blocks) {
		t.Fatalf("%d blocks of Go, %d of them say where they are from", n, len(blocks))
	}
	for _, b := range blocks {
		source, err := os.ReadFile(b[1])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(flat(string(source)), flat(b[2])) {
			t.Errorf("%s has not:\n%s", b[1], b[2])
		}
	}
	if n := strings.Count(string(readme), "\n"); n < 60 || n > 150 {
		t.Errorf("the README has %d lines", n)
	}
}

// What a table of the README says is shown by a test or an example is, somewhere in this module.
func TestTheTestsThatTheReadmeNamesAreThere(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob("examples/*")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, dir := range slices.Concat(examples, roomsBeside(""), []string{".", "storetest"}) {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range regexp.MustCompile(`(?m)^func ((?:Test|Example)\w*)\(`).FindAllStringSubmatch(string(source), -1) {
				there[f[1]] = true
			}
		}
	}
	name := regexp.MustCompile("`((?:Test|Example)\\w*)`")
	promises, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	names := name.FindAllStringSubmatch(string(readme)+string(promises), -1)
	if len(names) < 50 {
		t.Errorf("%d names", len(names))
	}
	for _, n := range names {
		if !there[n[1]] {
			t.Errorf("there is no %s", n[1])
		}
	}
	_, table, _ := strings.Cut(string(readme), "| feature | from | shown by |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	features := strings.Split(table, "\n")
	if len(features) < 25 {
		t.Errorf("%d features", len(features))
	}
	for _, f := range features {
		if !name.MatchString(f) {
			t.Errorf("nothing shows %s", f)
		}
	}
}

// flat is text without its indentation.
func flat(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
