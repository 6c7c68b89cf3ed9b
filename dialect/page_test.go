package dialect_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/grouprules/groups/dialect"
)

var update = flag.Bool("update", false, "write README.md anew")

// page is the README: the tables as people read them.
func page() string {
	var b strings.Builder
	b.WriteString(`# What other products call our operators

This page is written from the data of package ` + "`dialect`" + ` (` + "`go test ./dialect -update`" + `), where programs find the same.
What the products' help pages say is in the tables; where they do not say, the table does. *Exact* means: the same
for everybody whose value is known, as far as the page says.
`)
	for _, p := range dialect.Products() {
		fmt.Fprintf(&b, "\n## %s\n\nFrom the pages %s.\n\n%s\n", p.Name, enumerated(p.Pages), p.Combines)
		table(&b, "For every condition", "left open, or otherwise", "here")
		for _, c := range p.General {
			line(&b, c.Open, c.Chose)
		}
		table(&b, "Operators", "asked of", "operator", "here", "exact", "only", "left open", "chosen here")
		for _, r := range p.Rows {
			exact := "no"
			if r.Exact {
				exact = "yes"
			}
			line(&b, r.Of, r.Operator, inWords(r.Ours), exact, r.Only, r.Open, r.Chose)
		}
		table(&b, "Without a row", "there", "here")
		for _, c := range p.Unmapped {
			line(&b, c.Open, c.Chose)
		}
		table(&b, "Operators of ours without a counterpart", "asked of", "operators", "why")
		for _, m := range p.Without {
			ops := "all"
			if m.Ops != nil {
				ops = "`" + strings.Join(m.Ops, "` `") + "`"
			}
			line(&b, kind(m.Kind, m.Type), ops, m.Why)
		}
	}
	return b.String()
}

func table(b *strings.Builder, title string, columns ...string) {
	fmt.Fprintf(b, "\n### %s\n\n", title)
	line(b, columns...)
	b.WriteString("|" + strings.Repeat("---|", len(columns)) + "\n")
}

func line(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.ReplaceAll(strings.Join(cells, " | "), "|  |", "| |") + " |\n")
}

func kind(kind, typ string) string {
	if typ != "" {
		return kind + ", " + typ
	}
	return kind
}

func inWords(o dialect.Op) string {
	text := kind(o.Kind, o.Type) + ": `" + o.Op + "`"
	if o.Quantifier != "" {
		text += ", quantifier `" + o.Quantifier + "`"
	}
	return text
}

func enumerated(names []string) string {
	last := len(names) - 1
	return "*" + strings.Join(names[:last], "*, *") + "* and *" + names[last] + "*"
}

func TestThePageIsWhatTheDataSays(t *testing.T) {
	if *update {
		if err := os.WriteFile("README.md", []byte(page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != page() {
		t.Error("README.md differs from the data; go test ./dialect -update writes it")
	}
}
