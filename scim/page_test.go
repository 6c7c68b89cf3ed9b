package scim_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTheFiltersOnThePageAreReadAsItSays(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, filters, _ := strings.Cut(string(readme), "## Filters")
	rows := regexp.MustCompile("(?m)^\\| `(.+)` \\| (.+) \\|$").FindAllStringSubmatch(filters, -1)
	if len(rows) < 10 {
		t.Fatalf("%d filters", len(rows))
	}
	tr := translator(t, nil)
	for _, row := range rows {
		c, err := tr.Criteria(row[1])
		got := c.String()
		if err != nil {
			got = regexp.MustCompile(`^scim: column \d+: `).ReplaceAllString(fmt.Sprint(err), "")
		}
		if got != row[2] {
			t.Errorf("%s is %s, not %s", row[1], got, row[2])
		}
	}
}
