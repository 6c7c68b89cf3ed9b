package groups

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // for machines that have no zones of their own

	"pgregory.net/rapid"

	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/userset"
)

var orderedTypes = []Type{TypeText, TypeChoice, TypeMultiChoice, TypeNumber, TypeDate, TypeInstant, TypeBool}

// drawnWords are spelt alike, but for what folds.
var drawnWords = []string{"ann", "Ann", "ANN", "anna", "é", "É", "e\u0301", "ß", "ss", "SS", "bob", "a b", "a  b"}

func drawnWord(t *rapid.T) string {
	word := rapid.SampledFrom(drawnWords).Draw(t, "word")
	if n := rapid.IntRange(-2, 30).Draw(t, "numbered"); n >= 0 {
		word += fmt.Sprint(n)
	}
	return word
}

// drawnAround are instants about which clocks were set back over midnight, were changed otherwise, or never.
var drawnAround = []string{
	"2007-11-04T02:31:00Z", // America/St_Johns: 00:01 became 23:01
	"1844-12-31T00:00:00Z", // Asia/Manila skipped a day
	"1867-10-19T00:31:00Z", // America/Juneau had a day twice
	"2011-12-30T10:00:00Z", // Pacific/Apia skipped one
	"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-06-01T00:00:00Z",
}

var drawnZones = []string{"UTC", "Europe/Vienna", "America/St_Johns", "America/Juneau", "Asia/Manila", "Pacific/Apia"}

// drawnColumn draws the values of a column around one instant, of a type mostly.
type drawnColumn struct {
	typ     Type
	around  time.Time
	wide    time.Duration
	clocked bool // conditions are relative
}

func (c *drawnColumn) instant(t *rapid.T) time.Time {
	if rapid.IntRange(0, 20).Draw(t, "extreme") == 0 {
		return rapid.SampledFrom([]time.Time{time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999, time.UTC)}).Draw(t, "edge")
	}
	far := rapid.Int64Range(-int64(c.wide), int64(c.wide)).Draw(t, "far")
	return c.around.Add(time.Duration(far).Round(rapid.SampledFrom([]time.Duration{1, time.Minute, 30 * time.Minute}).Draw(t, "round")))
}

func (c *drawnColumn) value(t *rapid.T) Value {
	typ := c.typ
	switch rapid.IntRange(0, 20).Draw(t, "state") {
	case 0:
		return Empty()
	case 1:
		return Value{}
	case 2:
		typ = rapid.SampledFrom(orderedTypes).Draw(t, "wrong")
	}
	word := func() string { return drawnWord(t) }
	switch typ {
	case TypeText:
		if rapid.IntRange(0, 5).Draw(t, "several") == 0 {
			return Text(word(), word())
		}
		return Text(word())
	case TypeChoice:
		return Choice(word())
	case TypeMultiChoice:
		return Choice(word(), word())
	case TypeNumber:
		v, err := ParseValue(TypeNumber, c.number(t))
		if err != nil {
			t.Fatal(err)
		}
		return v
	case TypeDate:
		return Value{calendar.In(c.instant(t), time.UTC)}
	case TypeInstant:
		return At(c.instant(t))
	}
	return Bool(rapid.Bool().Draw(t, "bool"))
}

func (c *drawnColumn) number(t *rapid.T) string {
	if rapid.IntRange(0, 10).Draw(t, "great") == 0 {
		return rapid.SampledFrom([]string{"-1e30", "1e30", "1e-30", "0", "-0.5", "12345678901234567890.25"}).Draw(t, "number")
	}
	return fmt.Sprintf("%d.%d", rapid.IntRange(-30, 30).Draw(t, "number"), rapid.IntRange(0, 2).Draw(t, "tenths"))
}

// condition draws one of any operator on the field.
func (c *drawnColumn) condition(t *rapid.T) FieldCondition {
	out := FieldCondition{Field: "f", OnEmpty: rapid.SampledFrom([]WhenEmpty{ByOperator, NoMatch, Matches}).Draw(t, "on empty"), Test: Test{Negated: rapid.Bool().Draw(t, "negated")}}
	ops := map[Type][]Op{
		TypeText: {opIs, opContains, opStartsWith, opEndsWith, opMatches}, TypeChoice: {opIs},
		TypeMultiChoice: {opIncludesAny, opIncludesAll, opIsExactly}, TypeBool: {opIs},
		TypeNumber: {opIs, opLess, opAtMost, opAtLeast, opGreater, opBetween},
		TypeDate:   {opOn, opBefore, opAfter, opOnOrBefore, opOnOrAfter, opBetween, opInLast, opInNext, opAgo, opAhead, opAnniversary},
	}
	if c.clocked {
		ops[TypeDate] = ops[TypeDate][6:]
	}
	ops[TypeInstant] = ops[TypeDate]
	if !c.clocked {
		ops[c.typ] = append(ops[c.typ], opIsEmpty)
	}
	if out.Op = rapid.SampledFrom(ops[c.typ]).Draw(t, "op"); out.Op == opIsEmpty {
		out.OnEmpty = ByOperator
		return out
	}
	n := 1
	if out.Op == opIs || c.typ == TypeText || c.typ == TypeMultiChoice {
		n = rapid.IntRange(1, 12).Draw(t, "operands")
	}
	if out.Op == opBetween {
		n = 2
	}
	if _, relative := relationOf(out.Op); relative {
		out.Span = Span{rapid.IntRange(1, 40).Draw(t, "span"), rapid.SampledFrom([]SpanUnit{Days, Weeks, Months, Years}).Draw(t, "unit")}
		return out
	}
	for range n {
		switch c.typ {
		case TypeNumber:
			out.Values = append(out.Values, numeral(c.number(t)))
		case TypeDate, TypeInstant:
			at := Lit(c.instant(t))
			if c.typ == TypeDate || rapid.Bool().Draw(t, "a day") {
				at = Lit(calendar.In(c.instant(t), time.UTC).String())
			}
			out.Values = append(out.Values, at)
		case TypeBool:
			out.Values = append(out.Values, Lit(rapid.Bool().Draw(t, "operand")))
		default:
			out.Values = append(out.Values, Lit(drawnWord(t)))
		}
	}
	return out
}

// drawnWorld is a column of one of the types with a value for each user, and a predicate on it.
func drawnWorld(t *rapid.T, clocked bool, types ...Type) (a *valued, users []*User, p *predicate) {
	around, err := time.Parse(time.RFC3339, rapid.SampledFrom(drawnAround).Draw(t, "around"))
	if err != nil {
		t.Fatal(err)
	}
	c := &drawnColumn{rapid.SampledFrom(types).Draw(t, "type"), around, rapid.SampledFrom([]time.Duration{3 * time.Hour, 50 * time.Hour, 1000 * time.Hour, 50000 * time.Hour}).Draw(t, "wide"), clocked}
	zone, err := time.LoadLocation(rapid.SampledFrom(drawnZones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	f := Field{Name: "f", Type: c.typ, Exact: c.typ == TypeText && rapid.Bool().Draw(t, "exact")}
	if c.typ == TypeChoice || c.typ == TypeMultiChoice {
		for _, id := range drawnWords[:6] {
			f.Options = append(f.Options, Option{ID: id})
		}
	}
	var rule *Rule
	for rule == nil { // some are refused, such as from later than to
		rule, _ = (&Schema{Fields: []Field{f}}).Compile(Criteria{Sets: []Set{{Conditions: []Condition{c.condition(t)}}}})
	}
	bare := positive(rule.sets[0].leaves[0])
	now := drawnColumn{around: around, wide: rapid.SampledFrom([]time.Duration{c.wide, 1000 * time.Hour}).Draw(t, "how far now is")}
	p = &predicate{leaf: bare, relative: isRelative(bare), agenda: agendaOf(now.instant(t), zone), flips: &flips{}}
	a = fieldAspect("f")
	p.aspect = a
	n := rapid.IntRange(0, 300).Draw(t, "users")
	for round := range 1 + rapid.IntRange(0, 2).Draw(t, "rounds") {
		for i := range n {
			if round > 0 && rapid.IntRange(0, 3).Draw(t, "stays") > 0 {
				continue
			}
			u := &User{Fields: map[string]Value{"f": c.value(t)}}
			if a.put(one(uint32(i), u)); round == 0 {
				users = append(users, u)
			}
			users[i] = u
		}
		if rapid.IntRange(0, 3).Draw(t, "tidy") > 0 {
			a.tidy()
			a.codes.Tidy()
		}
	}
	return a, users, p
}

func TestAPredicateFilledByTheOrderOfValuesIsThatOfAskingEachUser(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		a, users, p := drawnWorld(t, false, orderedTypes...)
		a.fill([]*predicate{p}, new(scratch))
		var like User
		for n, u := range users {
			want := p.leaf.verdict(u, &p.agenda.view)
			got := No
			if p.yes.Has(uint32(n)) {
				got = Yes
			}
			if p.unknown.Has(uint32(n)) {
				got = Unknown
			}
			if table := a.verdict(p, a.codes.Code(uint32(n)), &like); got != want || table != want {
				t.Fatalf("%v of %v: the set says %v, the table %v, the condition %v", p.leaf, u.Fields["f"], got, table, want)
			}
		}
		if n := p.yes.Count() + p.unknown.Count(); n > len(users) {
			t.Fatalf("%d of %d users", n, len(users))
		}
	})
}

func TestTheNextDayToChangeAPredicateIsThatOfAskingEachUser(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		a, users, p := drawnWorld(t, true, TypeDate, TypeInstant)
		today := calendar.In(p.agenda.view.Now, p.agenda.view.Zone)
		want := noDay
		for _, u := range users {
			p.leaf.(*fieldLeaf).turns(u, &p.agenda.view, func(t turn) {
				if day, ok := t.relation.NextDay(t.day, today, t.span); ok {
					want = min(want, day)
				}
			})
		}
		if got := a.turn(p, today); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestTheNextDayToChangeAPredicateIsFoundWhereAClockWasSetBackADay(t *testing.T) {
	zone, err := time.LoadLocation("America/Juneau")
	if err != nil {
		t.Fatal(err)
	}
	turned := time.Date(1867, 10, 19, 0, 31, 13, 0, time.UTC) // from the afternoon of the 19th to that of the 18th
	a := fieldAspect("f")
	put := func(n int, at time.Time) { a.put(one(uint32(n), &User{Fields: map[string]Value{"f": At(at)}})) }
	put(0, turned.AddDate(0, 0, -5))
	for n := range 100 {
		put(n, turned.Add(time.Duration(n-50)*time.Minute))
	}
	a.tidy()
	rule, err := (&Schema{Fields: []Field{{Name: "f", Type: TypeInstant}}}).Compile(AnySets(All(DateField("f").InLast(1, Days))))
	if err != nil {
		t.Fatal(err)
	}
	p := &predicate{leaf: rule.sets[0].leaves[0], agenda: agendaOf(turned.AddDate(0, 0, -30), zone)}
	if got := a.turn(p, calendar.In(p.agenda.view.Now, zone)).String(); got != "1867-10-18" {
		t.Errorf("%s, want 1867-10-18, the day of those after the clock was set back", got)
	}
}

func TestValuesStandInTheirOrderHoweverTheyCame(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		d, typ := newDictionary(), rapid.SampledFrom(orderedTypes).Draw(t, "type")
		c := &drawnColumn{typ, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), 1000 * time.Hour, false}
		for range rapid.IntRange(1, 5).Draw(t, "rounds") {
			for range rapid.IntRange(0, 200).Draw(t, "values") {
				d.code(c.value(t))
			}
			d.arrange()
			all := slices.Sorted(slices.Values(slices.Concat(d.ordered, d.waiting())))
			for i, code := range all {
				if code != uint32(i+1) || len(all) != len(d.values)-1 {
					t.Fatalf("%v are not all of %d", all, len(d.values)-1)
				}
			}
			for i := 1; i < len(d.ordered); i++ {
				if d.compare(d.rank(d.ordered[i-1]), d.rank(d.ordered[i])) >= 0 {
					t.Fatalf("%v stands before %v", d.values[d.ordered[i-1]], d.values[d.ordered[i]])
				}
			}
		}
	})
}

// BenchmarkFill works a new condition out over 100,000 users who all have another value.
func BenchmarkFill(b *testing.B) {
	const users = 100_000
	random := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	fields := []Field{{Name: "mail", Type: TypeText}, {Name: "size", Type: TypeNumber}, {Name: "seen", Type: TypeInstant}}
	aspects := map[string]*valued{}
	for _, f := range fields {
		a := fieldAspect(f.Name)
		for n := range uint32(users) {
			v := map[Type]Value{
				TypeText: Text(fmt.Sprintf("user%d@example.org", n)), TypeNumber: Number(float64(random.IntN(1_000_000_000)) / 100),
				TypeInstant: At(begin.Add(time.Duration(random.Int64N(int64(1000 * 24 * time.Hour))))),
			}[f.Type]
			a.put(one(n, &User{Fields: map[string]Value{f.Name: v}}))
		}
		a.tidy()
		a.codes.Tidy()
		aspects[f.Name] = a
	}
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []FieldCondition{
		DateField("seen").InLast(1, Days), DateField("seen").InLast(30, Weeks), DateField("seen").Before(NewDate(2025, 6, 1)),
		NumberField("size").AtLeast(9_900_000), TextField("mail").Is("USER77@example.org"), TextField("mail").Contains("7777"),
	} {
		rule, err := (&Schema{Fields: fields}).Compile(AnySets(All(c)))
		if err != nil {
			b.Fatal(err)
		}
		p := &predicate{leaf: rule.sets[0].leaves[0], agenda: agendaOf(begin.AddDate(2, 3, 0), vienna)}
		b.Run(strings.ReplaceAll(c.Field+" "+string(c.Op)+fmt.Sprint(" ", c.Values, c.Span.N), " ", "_"), func(b *testing.B) {
			with := new(scratch)
			for b.Loop() {
				aspects[c.Field].fill([]*predicate{p}, with)
			}
			b.ReportMetric(float64(p.yes.Count()), "users")
		})
	}
}

// Of seven chunks, and so many who are found that all processors fill them.
func TestAPredicateFilledOnAllProcessorsIsThatOfOne(t *testing.T) {
	const users = 6*userset.Chunk + 70
	a := fieldAspect("f")
	a.grow(users)
	for n := range uint32(users) {
		u := &User{Fields: map[string]Value{"f": Number(float64(n % 7))}}
		switch {
		case n%1000 == 1:
			u.Fields = nil // unknown
		case n < userset.Chunk: // of the first chunk nobody is found
			u.Fields["f"] = Number(7)
		}
		a.put(one(n, u))
	}
	a.tidy()
	a.codes.Tidy()
	rule, err := (&Schema{Fields: []Field{{Name: "f", Type: TypeNumber}}}).Compile(AnySets(All(NumberField("f").AtMost(6))))
	if err != nil {
		t.Fatal(err)
	}
	fill := func(with *scratch) *predicate {
		p := &predicate{leaf: rule.sets[0].leaves[0], agenda: agendaOf(time.Time{}, time.UTC), flips: &flips{}, aspect: a}
		p.yes.Add(3) // what was in it before is not
		a.fill([]*predicate{p}, with)
		return p
	}
	alone, together := fill(new(scratch)), fill(&scratch{helpers: new(index)})
	if n := alone.yes.Count(); n < fewFound {
		t.Fatalf("%d are found, too few to share the work", n)
	}
	if alone.unknown.Count() != users/1000+1 {
		t.Errorf("%d are unknown, want %d", alone.unknown.Count(), users/1000+1)
	}
	if !alone.yes.Equal(&together.yes) || !alone.unknown.Equal(&together.unknown) {
		t.Error("other users are found")
	}
}
