package groups_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// This file reads testdata/lifecycle.txt and looks up in it what is to come of a case.

// A lifeCase is one user in one group and one event: the value in each column, as the index of a word.
type lifeCase [40]uint8

// A lifeBook is the file: its tables, and the words and columns that it and the cases have.
type lifeBook struct {
	tables  []lifeTable
	columns []string
	words   []string
	facts   int // so many columns are facts, the others answers
}

type lifeTable struct {
	columns, answers []int
	rows             []*lifeRow
}

// A lifeRow fits a case where each of its cells does.
type lifeRow struct {
	text    string // as it stands in the file, with its line
	cells   []lifeCell
	answers []lifeAnswer
	needed  bool // some case ends otherwise without it
}

// A lifeCell has the words that fit, one a bit.
type lifeCell struct {
	column int
	fits   uint64
}

// A lifeAnswer is a word or, with a column, what stands there.
type lifeAnswer struct {
	word   uint8
	column int // -1 is none
}

func lifeIndex(list *[]string, name string) int {
	i := slices.Index(*list, name)
	if i < 0 {
		i = len(*list)
		*list = append(*list, name)
	}
	return i
}

func (b *lifeBook) word(w string) uint8 { return uint8(lifeIndex(&b.words, w)) }
func (b *lifeBook) column(c string) int { return lifeIndex(&b.columns, c) }

// set puts words into columns.
func (b *lifeBook) set(c *lifeCase, facts lifeFacts) {
	for column, word := range facts {
		c[b.column(column)] = b.word(word)
	}
}

// readLifeBook reads the file. The domains are the facts, each with its words: a row that names another
// one is a slip of the pen.
func readLifeBook(t *testing.T, domains []lifeDomain) *lifeBook {
	b := &lifeBook{facts: len(domains)}
	words := map[int]uint64{} // of a column
	for _, d := range domains {
		for _, w := range d.words {
			words[b.column(d.column)] |= 1 << b.word(w)
		}
	}
	text, err := os.ReadFile("testdata/lifecycle.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := func(column string) int {
		if !slices.Contains(b.columns, column) {
			t.Fatalf("nothing is known of %q where a table asks for it", column)
		}
		return b.column(column)
	}
	heading := true
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			heading = true
			continue
		}
		text := fmt.Sprintf("line %d: %s", i+1, line)
		parts := strings.SplitN(line, " : ", 3)
		if len(parts) != 3 || parts[2] == "" {
			t.Fatalf("%s\nis not columns, answers and where it is from", text)
		}
		asked, answered := strings.Fields(parts[0]), strings.Fields(parts[1])
		if heading {
			heading = false
			var table lifeTable
			for _, c := range asked {
				table.columns = append(table.columns, known(c))
			}
			for _, c := range answered {
				table.answers = append(table.answers, b.column(c))
			}
			b.tables = append(b.tables, table)
			continue
		}
		table := &b.tables[len(b.tables)-1]
		if len(asked) != len(table.columns) || len(answered) != len(table.answers) {
			t.Fatalf("%s\nhas other columns than its table", text)
		}
		row := &lifeRow{text: text}
		for k, cell := range asked {
			if cell == "-" {
				continue
			}
			column := table.columns[k]
			list, others := strings.CutPrefix(cell, "!")
			var fits uint64
			for w := range strings.SplitSeq(list, "|") {
				fits |= 1 << b.word(w)
			}
			if fits&^words[column] != 0 {
				t.Fatalf("%s\nhas %q for %s", text, cell, b.columns[column])
			}
			if others {
				fits = ^fits
			}
			row.cells = append(row.cells, lifeCell{column, fits})
		}
		for k, word := range answered {
			column, answer := table.answers[k], lifeAnswer{column: -1}
			if other, is := strings.CutPrefix(word, "="); is {
				answer.column = known(other)
				words[column] |= words[answer.column]
			} else {
				answer.word = b.word(word)
				words[column] |= 1 << answer.word
			}
			row.answers = append(row.answers, answer)
		}
		table.rows = append(table.rows, row)
	}
	if len(b.words) > 64 || len(b.columns) > len(lifeCase{}) {
		t.Fatalf("%d words and %d columns are too many", len(b.words), len(b.columns))
	}
	return b
}

func (r *lifeRow) fits(c *lifeCase) bool {
	for _, cell := range r.cells {
		if cell.fits&(1<<c[cell.column]) == 0 {
			return false
		}
	}
	return true
}

// answer fills in what the tables say of a case, as if one row were not there, and returns the rows that
// decided; decided says whether there was one in each table.
func (b *lifeBook) answer(c *lifeCase, without *lifeRow) (rows [8]*lifeRow, decided bool) {
	for i := range b.tables {
		table := &b.tables[i]
		for _, row := range table.rows {
			if row != without && row.fits(c) {
				rows[i] = row
				break
			}
		}
		if rows[i] == nil {
			return rows, false
		}
		for k, a := range rows[i].answers {
			word := a.word
			if a.column >= 0 {
				word = c[a.column]
			}
			c[table.answers[k]] = word
		}
	}
	return rows, true
}

// want is what the tables say of a case, and why; on the way it notes the rows without which they would say
// something else.
func (b *lifeBook) want(t *testing.T, c *lifeCase) (lifeOutcome, [8]*lifeRow) {
	t.Helper()
	answered := *c
	rows, decided := b.answer(&answered, nil)
	if !decided {
		t.Fatalf("no row decides %s", b.describe(c))
	}
	want := b.outcome(&answered)
	for i := range b.tables {
		if row := rows[i]; !row.needed {
			other := *c
			_, decided := b.answer(&other, row)
			row.needed = !decided || b.outcome(&other) != want
		}
	}
	return want, rows
}

// A lifeOutcome is what can be seen of a case afterwards.
type lifeOutcome struct {
	bit, population, membership, undecided, remembered, change, cause string
}

func (b *lifeBook) outcome(c *lifeCase) lifeOutcome {
	seen := func(answer string) string { return b.words[c[b.column(answer)]] }
	return lifeOutcome{
		seen("bit"), seen("population"), seen("membership"), seen("undecided"), seen("remembered"), seen("change"), seen("cause"),
	}
}

// describe has the facts of a case in words.
func (b *lifeBook) describe(c *lifeCase) string {
	var out []string
	for i, column := range b.columns[:b.facts] {
		out = append(out, column+"="+b.words[c[i]])
	}
	return strings.Join(out, " ")
}

// idle are the rows that no case needs.
func (b *lifeBook) idle() (rows []string) {
	for i := range b.tables {
		for _, row := range b.tables[i].rows {
			if !row.needed {
				rows = append(rows, row.text)
			}
		}
	}
	return rows
}
