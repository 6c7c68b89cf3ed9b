package groups

import (
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// drawnPart fills a part of a condition, whatever parts there are, with values that are easily taken for each other.
func drawnPart(t *rapid.T, v reflect.Value, name string) {
	switch at := v.Addr().Interface().(type) {
	case *Literal:
		*at = rapid.SampledFrom([]Literal{Lit("1"), Lit(1), Lit("true"), Lit(true), Lit("")}).Draw(t, name)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "a", "aa", "\x02a", "a\x02"}).Draw(t, name))
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(-1, 2).Draw(t, name)))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.IntRange(0, 2).Draw(t, name)))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 2).Draw(t, name), 2))
		for i := range v.Len() {
			drawnPart(t, v.Index(i), fmt.Sprint(name, i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			drawnPart(t, v.Field(i), v.Type().Field(i).Name)
		}
	default:
		t.Fatalf("a part that is a %v", v.Type())
	}
}

func TestConditionsAreSpeltAlikeExactlyWhenTheyAskTheSame(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		draw := func(kind Condition) Condition {
			c := reflect.New(reflect.TypeOf(kind)).Elem()
			drawnPart(t, c, "")
			return c.Interface().(Condition)
		}
		all := []Condition{FieldCondition{}, UnitCondition{}, UserCondition{}, EnrollmentCondition{}, StatusCondition{}, Everyone{}}
		a := draw(rapid.SampledFrom(all).Draw(t, "kind"))
		b := a
		switch rapid.IntRange(0, 3).Draw(t, "the other") {
		case 0:
			b = draw(rapid.SampledFrom(all).Draw(t, "kind of the other"))
		case 1: // one part is another
			c := reflect.New(reflect.TypeOf(a)).Elem()
			c.Set(reflect.ValueOf(a))
			if n := c.NumField(); n > 0 {
				at := rapid.IntRange(0, n-1).Draw(t, "part")
				drawnPart(t, c.Field(at), c.Type().Field(at).Name)
			}
			b = c.Interface().(Condition)
		case 2: // what ends one list begins the next
			if c, is := a.(EnrollmentCondition); is && len(c.Courses) > 0 {
				last := len(c.Courses) - 1
				c.Statuses = append([]string{c.Courses[last]}, c.Statuses...)
				c.Courses = c.Courses[:last]
				b = c
			}
		}
		var first, second spelling
		first.condition(a)
		second.condition(b)
		alike := string(first) == string(second)
		if same := fmt.Sprintf("%T %#v", a, unsigned(a)) == fmt.Sprintf("%T %#v", b, unsigned(b)); alike != same {
			t.Fatalf("%#v and %#v are spelt alike: %v", a, b, alike)
		}
	})
}

// unsigned is a condition without its negation and what it answers on Empty, which are no part of how it is spelt.
func unsigned(c Condition) Condition {
	switch c := c.(type) {
	case FieldCondition:
		c.Negated, c.OnEmpty = false, ByOperator
		return c
	case UnitCondition:
		c.Negated, c.OnEmpty = false, ByOperator
		return c
	case UserCondition:
		c.Negated = false
		return c
	case EnrollmentCondition:
		c.Negated = false
		return c
	case StatusCondition:
		c.Negated = false
		return c
	}
	return c
}

// Of the conditions that only drafts have few are kept, however long a draft is, and what they weigh is part of what the index does.
func TestConditionsOfDraftsAreFewAndWeighed(t *testing.T) {
	m := NewMemory()
	var people []User
	for i := range 500 {
		people = append(people, User{
			ID: UserID(strconv.Itoa(i)), Activation: Activated, Fields: map[string]Value{"pay": Number(float64(i)), "name": Text(fmt.Sprint("n", i%20))},
		})
	}
	schema := &Schema{Fields: []Field{{Name: "pay", Type: TypeNumber}, {Name: "name", Type: TypeText}}}
	if err := m.Write(t.Context(), PeopleChange{Schema: schema, Upsert: people}); err != nil {
		t.Fatal(err)
	}
	ev := NewEvaluator(m, m, nil)
	x := ev.index
	for n := range 40 {
		sets := 1
		if n%10 == 5 {
			sets = manyPassing
		}
		g := Group{ID: "draft", Name: "draft", Kind: AutomaticGroup, Criteria: Criteria{Match: MatchAny}}
		for i := range sets {
			g.Criteria.Sets = append(g.Criteria.Sets, All(NumberField("pay").AtLeast(float64(n+i)), TextField("name").IsNot(fmt.Sprint("n", n, i%3))))
		}
		if _, err := ev.Count(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if len(x.passing.list) > manyPassing || len(x.predicates) > 0 {
			t.Fatalf("%d conditions pass, and %d are kept", len(x.passing.list), len(x.predicates))
		}
		weighed := x.bytes()
		x.weighed.at = "" // to be weighed anew
		if anew := x.bytes(); weighed != anew {
			t.Fatalf("after %d drafts the index weighs %d, and was said to weigh %d", n+1, anew, weighed)
		}
	}
}
