package groups_test

import (
	"os"
	"regexp"
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

// flat is text without its indentation.
func flat(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
