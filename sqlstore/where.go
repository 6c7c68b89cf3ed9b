package sqlstore

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// ErrNotMapped is wrapped by each problem for which [Columns.Where] refuses criteria.
var ErrNotMapped = errors.New("cannot be asked of these columns")

// A Form is how a column of a host's own table holds the values of a field.
type Form uint8

const (
	// ExactText is text in NFC and without white space at its ends, for an exact field: what [groups.Field.Keys] gives.
	ExactText Form = iota + 1
	// FoldedText is text as [groups.Field.Keys] gives it for a field that is not exact.
	FoldedText
	// OptionID is the ID of the option of a choice.
	OptionID
	// Whole is a whole number: an INTEGER or BIGINT.
	Whole
	// Day is a day: a DATE in PostgreSQL, and in SQLite text such as 2026-01-31.
	Day
	// Micros is an instant: an INTEGER or BIGINT of microseconds since 1970.
	Micros
	// Truth is a BOOLEAN, in SQLite 0 or 1.
	Truth
)

// String returns the name of the form.
func (f Form) String() string {
	names := []string{"", "exact text", "folded text", "option ID", "whole number", "day", "microseconds", "truth"}
	if int(f) < len(names) && f > 0 {
		return names[f]
	}
	return fmt.Sprintf("Form(%d)", uint8(f))
}

// A Column is one of a host's own table of users. NULL means that the value is not known.
type Column struct {
	// Name is the column, with or without its table, such as "u.title", in letters, digits and underscores.
	Name string
	Form Form
	// NullIsEmpty says that NULL means that there is known to be none.
	NullIsEmpty bool
}

// Columns say where a host's own table has what conditions ask for. Columns of texts compare byte by byte: a column of
// another type or collation (citext, one that is not deterministic) does not fit.
type Columns struct {
	Dialect Dialect
	// ID is the column of the user's ID, for conditions on who the user is. Blank is none.
	ID string
	// Fields are the columns of fields.
	Fields map[string]Column
	// Active and Expired are columns of the form [Truth], the facts of [groups.StatusCondition]. Blank is none, and NULL
	// is not known.
	Active, Expired string
}

// A Clause is what follows WHERE, in parentheses, with the values of its parameters. Nothing of a rule is in the text.
type Clause struct {
	Text   string
	Values []any
}

// Where makes two conditions on the rows of the table of criteria: yes, on users for whom they hold, and unknown, on
// those about whom what is known does not decide. Now and zone are those of a [groups.View]. Parameters
// are numbered from first on, in each by itself. It refuses criteria that do not pass the schema, and those that have
// a condition that the columns do not say exactly: with a [*groups.CriteriaError] of all such conditions, each by its
// pointer, wrapping [ErrNotMapped]. Nothing is approximated.
func (c *Columns) Where(schema *groups.Schema, criteria groups.Criteria, now time.Time, zone *time.Location, first int) (yes, unknown Clause, err error) {
	if err := c.check(); err != nil {
		return yes, unknown, err
	}
	if err := schema.Check(criteria); err != nil {
		return yes, unknown, err
	}
	if schema == nil {
		schema = new(groups.Schema)
	}
	q := &question{dialect: c.Dialect, schema: schema, now: now, zone: zone, tables: hostTable{c}, why: ErrNotMapped}
	a := q.answer(criteria)
	switch {
	case q.err != nil:
		return yes, unknown, q.err
	case len(q.unsaid) > 0:
		return yes, unknown, &groups.CriteriaError{Problems: q.unsaid}
	}
	clause := func(where string) Clause {
		text, values := q.of(where, first)
		return Clause{"(" + c.Dialect.text(text) + ")", values}
	}
	return clause(a.yes), clause(and(not(a.yes), not(a.no))), nil
}

var columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,2}$`)

func (c *Columns) check() error {
	var errs []error
	if c.Dialect != SQLite && c.Dialect != Postgres {
		errs = append(errs, fmt.Errorf("columns: %v is no dialect", c.Dialect))
	}
	name := func(of, name string) {
		if !columnName.MatchString(name) {
			errs = append(errs, fmt.Errorf("columns: %s: %.64q is no name of a column", of, name))
		}
	}
	for _, blankable := range [][2]string{{"ID", c.ID}, {"Active", c.Active}, {"Expired", c.Expired}} {
		if blankable[1] != "" {
			name(blankable[0], blankable[1])
		}
	}
	for field, column := range c.Fields {
		name(fmt.Sprintf("field %.64q", field), column.Name)
		if column.Form < ExactText || column.Form > Truth {
			errs = append(errs, fmt.Errorf("columns: field %.64q: %v is no form", field, column.Form))
		}
	}
	return errors.Join(errs...)
}

// hostTable is the table of a host.
type hostTable struct{ *Columns }

func (h hostTable) column(f groups.Field) (column, string) {
	c, ok := h.Fields[f.Name]
	if !ok {
		return column{}, fmt.Sprintf("field %.64q has no column", f.Name)
	}
	want := map[groups.Type]Form{
		groups.TypeText: FoldedText, groups.TypeChoice: OptionID, groups.TypeNumber: Whole, groups.TypeDate: Day, groups.TypeInstant: Micros, groups.TypeBool: Truth,
	}[f.Type]
	if f.Exact {
		want = ExactText
	}
	switch {
	case f.Type == groups.TypeMultiChoice || f.Several:
		return column{}, fmt.Sprintf("field %.64q may have several values", f.Name)
	case c.Form != want:
		return column{}, fmt.Sprintf("field %.64q is not what a column of %vs holds", f.Name, c.Form)
	}
	name := c.Name
	if c.Form == ExactText || c.Form == FoldedText || c.Form == OptionID {
		name = h.text(name)
	}
	return column{key: name, scale: columnScale{h.Dialect}}, ""
}

// text is a column of text as it is to compare, whatever SQLite was told when the table was made.
func (h hostTable) text(name string) string {
	if h.Dialect == SQLite {
		return "(" + name + " COLLATE BINARY)"
	}
	return name
}

func (h hostTable) has(f groups.Field, where, _ string) string {
	return and(h.Fields[f.Name].Name+" IS NOT NULL", where)
}

func (h hostTable) lacks(f groups.Field, where string) string { return h.has(f, not(where), "") }

func (h hostTable) empty(f groups.Field) string {
	if c := h.Fields[f.Name]; c.NullIsEmpty {
		return c.Name + " IS NULL"
	}
	return never
}

func (h hostTable) other(q *question, at string, c groups.Condition) answer {
	switch c := c.(type) {
	case groups.StatusCondition:
		return h.status(q, at, c)
	case groups.UserCondition:
		if c.Op == "is" && h.ID != "" {
			is := q.among(h.text(h.ID), c.Users)
			return answer{is, not(is)}.negated(c.Negated)
		}
		return q.unknown(at, "%s on users needs more than a column", c.Op)
	}
	what := strings.TrimSuffix(strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", c), "groups.")), "condition")
	return q.unknown(at, "conditions on a %s need more than a column", what)
}

func (h hostTable) status(q *question, at string, c groups.StatusCondition) answer {
	parts := make([]answer, len(c.Statuses))
	for i, s := range c.Statuses {
		name := h.Active
		if s == groups.StatusExpired {
			name = h.Expired
		}
		if name == "" {
			return q.unknown(at, "%v has no column", s)
		}
		scale := columnScale{h.Dialect}
		fact := func(is bool) string { return and(name+" IS NOT NULL", scale.truth(q, name, is)) }
		parts[i] = answer{fact(true), fact(false)}
		if s == groups.StatusDeactivated {
			parts[i] = parts[i].not()
		}
	}
	return join(groups.MatchAny, parts).negated(c.Negated)
}

// columnScale is the scale of a host's columns.
type columnScale struct{ Dialect }

// whole is the least whole number that is not less than n, or beyond all of 64 bits on a side.
func whole(n decimal.Decimal) (least int64, exact bool, side int) {
	edge := func(s string) decimal.Decimal { d, _ := decimal.Parse(s); return d }
	if n.Cmp(edge("9223372036854775807")) > 0 {
		return 0, false, 1
	}
	if n.Cmp(edge("-9223372036854775808")) < 0 {
		return 0, false, -1
	}
	if n.Cmp(edge("1e-7")) < 0 && n.Cmp(edge("-1e-7")) > 0 { // an exponent may be a million
		if n.Cmp(decimal.Decimal{}) > 0 {
			return 1, false, 0
		}
		return 0, n == decimal.Decimal{}, 0
	}
	r, _ := new(big.Rat).SetString(n.String())
	quotient, rest := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() == 0 {
		return quotient.Int64(), true, 0
	}
	return quotient.Add(quotient, big.NewInt(1)).Int64(), false, 0
}

func (s columnScale) numbers(q *question, key string, list []decimal.Decimal) string {
	numbers := []string{}
	for _, n := range list {
		if _, exact, side := whole(n); exact && side == 0 {
			numbers = append(numbers, n.String())
		}
	}
	if len(numbers) == 0 {
		return never
	}
	return s.Dialect.oneOfNumbers(key, q.document(numbers))
}

func (s columnScale) number(q *question, key, op string, n decimal.Decimal) string {
	least, exact, side := whole(n)
	switch up := op == ">" || op == ">="; {
	case side != 0 && (side > 0) == up:
		return never
	case side != 0:
		return always
	case !exact:
		op = map[bool]string{true: ">=", false: "<"}[up]
	}
	return key + " " + op + " " + s.bigint(q.bind(least))
}

func (s columnScale) day(q *question, key, op string, d calendar.Day) string {
	if everywhere := beyondDays(op, d); everywhere != "" {
		return everywhere
	}
	day := q.bind(d.String())
	if s.Dialect == Postgres {
		day += "::date"
	}
	return key + " " + op + " " + day
}

func (s columnScale) instant(q *question, key, op string, t time.Time) string {
	micros := t.UnixMicro()
	if t.Nanosecond()%1000 > 0 {
		micros++ // no value is between
	}
	return key + " " + op + " " + s.bigint(q.bind(micros))
}

// bigint is a parameter that is not of the type of the column, which may be too narrow for it.
func (s columnScale) bigint(parameter string) string {
	if s.Dialect == Postgres {
		return parameter + "::bigint"
	}
	return parameter
}

func (s columnScale) truth(_ *question, key string, is bool) string {
	if s.Dialect == Postgres {
		return key + map[bool]string{true: " = TRUE", false: " = FALSE"}[is]
	}
	return key + map[bool]string{true: " = 1", false: " = 0"}[is]
}
