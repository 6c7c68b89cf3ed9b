package groups

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/grouprules/groups/internal/fold"
)

// A FieldGuess proposes how to declare a column. It is for a person to confirm, who then adds the
// CSVField to [PeopleCSV.Fields]; nothing is ever read by a guess.
type FieldGuess struct {
	CSVField
	// Why says in English what speaks for it.
	Why string
	// Rows are those looked at, Blanks those of them without a value.
	Rows, Blanks int
	// Distinct is how many different cells there are; counting ends at 10,000.
	Distinct int
	// Sample are the first few different cells.
	Sample []string
}

const (
	maxDistinct = 10_000
	// maxGuessedOptions is how many options a person still oversees, and fewOf how often each has to
	// occur on average before it looks like one.
	maxGuessedOptions = 50
	fewOf             = 5
	sampleCells       = 3
)

// InferPeopleCSV reads a whole file of people and proposes a type for every column that o does not
// declare, in the order of the file. Of o it uses Fields, Key and Format; a nil *PeopleCSV is the
// same as a zero one, and the key need not be known. A type is proposed only where every cell that
// is not blank can be read as it:
//
//   - true and false, yes and no: a bool. 1 and 0 alone are numbers.
//   - Decimals: a number; but a text compared exactly where one has a leading zero, as codes do.
//   - 2026-01-31: a date; RFC 3339: an instant. Other dates stay texts: their order is a guess.
//   - Few different cells, each several times: a choice of those.
//   - Everything else, and the key: a text. A multi-choice is never proposed.
//
// Rows that are ragged and cells that are not text are passed over. Errors are as for
// [ReadPeopleCSV].
func InferPeopleCSV(r io.Reader, o *PeopleCSV) ([]FieldGuess, error) {
	if o == nil {
		o = new(PeopleCSV)
	}
	if err := o.Format.check(); err != nil {
		return nil, err
	}
	t, err := o.Format.open(r)
	if err != nil {
		return nil, err
	}
	guesses := make([]*guesser, len(t.header))
	for i, h := range t.header {
		declared := slices.ContainsFunc(o.Fields, func(f CSVField) bool { return fold.Exact(f.Name) == h })
		if h != string(ID) && !declared {
			guesses[i] = newGuesser(h, fold.Exact(o.Key) == h)
		}
	}
	rows := 0
	for {
		row, err := t.read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if rows++; row.Ragged() {
			continue
		}
		for i, g := range guesses {
			if g == nil {
				continue
			}
			if _, bad := row.Unreadable(i); !bad {
				g.take(row.Cell(i))
			}
		}
	}
	if rows == 0 {
		return nil, &CSVError{Err: ErrNoRows, Text: "the file has a header and no rows"}
	}
	var out []FieldGuess
	for _, g := range guesses {
		if g != nil {
			out = append(out, g.guess())
		}
	}
	return out, nil
}

// A guesser watches one column.
type guesser struct {
	name         string
	key          bool
	rows, blanks int
	distinct     map[string]struct{}
	sample       []string
	// could are the types that every cell so far can be read as.
	could map[Type]bool
	words bool // a bool in words
	zeros bool // a number with a leading zero
}

func newGuesser(name string, key bool) *guesser {
	return &guesser{
		name: name, key: key, distinct: map[string]struct{}{},
		could: map[Type]bool{TypeBool: true, TypeNumber: true, TypeDate: true, TypeInstant: true},
	}
}

func (g *guesser) take(text []byte) {
	g.rows++
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		g.blanks++
		return
	}
	if _, again := g.distinct[string(text)]; again {
		return
	}
	cell := string(text)
	if len(g.distinct) < maxDistinct {
		g.distinct[cell] = struct{}{}
	}
	if len(g.sample) < sampleCells {
		g.sample = append(g.sample, cell)
	}
	for t := range g.could {
		if _, err := ParseValue(t, cell); err != nil {
			delete(g.could, t)
		}
	}
	digits := strings.TrimLeft(cell, "+-")
	g.words = g.words || cell != "0" && cell != "1"
	g.zeros = g.zeros || len(digits) > 1 && digits[0] == '0' && digits[1] != '.'
}

func (g *guesser) guess() FieldGuess {
	out := FieldGuess{
		CSVField: CSVField{Field: Field{Name: g.name, Type: TypeText}},
		Rows:     g.rows, Blanks: g.blanks, Distinct: len(g.distinct), Sample: g.sample,
	}
	cells := g.rows - g.blanks
	as := func(t Type, format string, a ...any) FieldGuess {
		out.Type, out.Why = t, fmt.Sprintf(format, a...)
		return out
	}
	switch {
	case g.key:
		out.Exact = true
		return as(TypeText, "it is the key")
	case slices.Contains(reservedNames, g.name):
		return as(TypeText, "%q is a text in every schema", g.name)
	case cells == 0:
		return as(TypeText, "all cells are blank")
	case g.could[TypeBool] && g.words:
		return as(TypeBool, "all %d cells are true or false, yes or no, 1 or 0", cells)
	case g.could[TypeNumber] && g.zeros:
		out.Exact = true
		return as(TypeText, "all %d cells are digits, some with a leading zero: codes", cells)
	case g.could[TypeNumber]:
		return as(TypeNumber, "all %d cells are decimal numbers", cells)
	case g.could[TypeDate]:
		return as(TypeDate, "all %d cells are dates", cells)
	case g.could[TypeInstant]:
		return as(TypeInstant, "all %d cells are instants", cells)
	case len(g.distinct) <= maxGuessedOptions && fewOf*len(g.distinct) <= cells:
		for id := range g.distinct {
			out.Options = append(out.Options, Option{ID: id})
		}
		slices.SortFunc(out.Options, func(a, b Option) int { return strings.Compare(a.ID, b.ID) })
		return as(TypeChoice, "%d cells are one of %d", cells, len(g.distinct))
	default:
		return as(TypeText, "the cells have nothing in common")
	}
}
