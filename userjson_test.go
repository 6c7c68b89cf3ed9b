package groups_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

func drawValue(t *rapid.T) groups.Value {
	text := rapid.StringN(0, 6, 20)
	switch rapid.IntRange(0, 8).Draw(t, "kind of value") {
	case 0:
		return groups.Value{}
	case 1:
		return groups.Empty()
	case 2:
		return groups.Choice(rapid.SliceOfN(text, 0, 3).Draw(t, "options")...)
	case 3:
		return groups.Number(rapid.Float64().Draw(t, "number"))
	case 4:
		v, err := groups.ParseValue(groups.TypeNumber, rapid.StringMatching(`-?[0-9]{1,30}\.[0-9]{1,20}`).Draw(t, "decimal"))
		if err != nil {
			t.Fatal(err)
		}
		return v
	case 5:
		return groups.Day(groups.NewDate(rapid.IntRange(0, 9999).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 31).Draw(t, "day")))
	case 6:
		return groups.At(time.Unix(rapid.Int64Range(-1<<36, 1<<36).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")))
	case 7:
		return groups.Bool(rapid.Bool().Draw(t, "truth"))
	}
	return groups.Text(rapid.SliceOfN(text, 0, 3).Draw(t, "texts")...)
}

func drawPerson(t *rapid.T) groups.User {
	id := rapid.StringMatching(`[a-zß-ÿ"\\<]{1,5}`)
	u := groups.User{
		ID:         groups.UserID(id.Draw(t, "id")),
		Activation: groups.Activation(rapid.IntRange(0, 2).Draw(t, "activation")),
		Expiry:     groups.Expiry(rapid.IntRange(0, 2).Draw(t, "expiry")),
		Fields:     map[string]groups.Value{},
		Units:      map[groups.Tree][]string{},
	}
	for _, name := range rapid.SliceOfN(id, 0, 3).Draw(t, "fields") {
		if v := drawValue(t); !v.IsUnknown() {
			u.Fields[name] = v
		}
	}
	for _, tree := range rapid.SliceOfN(id, 0, 2).Draw(t, "trees") {
		if u.Units[groups.Tree(tree)] = rapid.SliceOfN(id, 0, 3).Draw(t, "units"); rapid.Bool().Draw(t, "is the list nil") {
			u.Units[groups.Tree(tree)] = nil
		}
	}
	if rapid.Bool().Draw(t, "has it a manager") {
		u.Manager = groups.ReportsTo(groups.UserID(rapid.OneOf(rapid.Just(""), id).Draw(t, "manager")))
	}
	var list []groups.Enrollment
	for _, course := range rapid.SliceOfN(id, 0, 3).Draw(t, "courses") {
		list = append(list, groups.Enrollment{Course: course, Status: rapid.SampledFrom([]string{"", "enrolled", groups.Completed}).Draw(t, "status"), Completed: drawValue(t)})
	}
	if u.Enrollments = groups.Enrolled(list...); rapid.Bool().Draw(t, "partly known") {
		u.Enrollments = u.Enrollments.Partial()
	}
	return u
}

func TestAUserWrittenAsJSONAndReadBackIsEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := drawPerson(t)
		document, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		var back groups.User
		if err := json.Unmarshal(document, &back); err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		if !back.Equal(u) {
			t.Fatalf("%+v\nwas written as %s\nand read as %+v", u, document, back)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != string(document) {
			t.Fatalf("%s\nis written again as %s, %v", document, again, err)
		}
	})
}

func TestTheJSONOfAUserSaysWhatIsKnownAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		user groups.User
		want string
		why  string
	}{
		{groups.User{ID: "ada"}, `{"id":"ada"}`, "nothing is known"},
		{
			groups.User{ID: "ada", Activation: groups.Deactivated, Expiry: groups.Current, Manager: groups.ReportsTo("")},
			`{"id":"ada","activation":"deactivated","expiry":"current","manager":""}`, "nobody is above her, which is known",
		},
		{
			groups.User{ID: "ada", Fields: map[string]groups.Value{"title": groups.Text("Ops", " Lead"), "left": groups.Empty(), "grade": groups.Number(7.5)}},
			`{"id":"ada","fields":{"grade":{"number":"7.5"},"left":{},"title":{"text":["Ops"," Lead"]}}}`, "a value says its type; texts stay as given",
		},
		{
			groups.User{ID: "ada", Units: map[groups.Tree][]string{"org": {}}, Enrollments: groups.Enrolled()},
			`{"id":"ada","units":{"org":[]},"complete":true}`, "in no unit and no course, which is known",
		},
		{
			groups.User{ID: "ada", Enrollments: groups.Enrolled(groups.Enrollment{Course: "a", Status: "enrolled"}, groups.Enrollment{Course: "b", Completed: groups.Day(groups.NewDate(2026, 1, 31))}).Partial()},
			`{"id":"ada","enrollments":[{"course":"a","status":"enrolled"},{"course":"b","completed":{"date":"2026-01-31"}}]}`, "of other courses nothing is known",
		},
	} {
		if got, err := json.Marshal(c.user); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.why, got, err, c.want)
		}
	}
}

func TestWhatIsNoJSONOfAUserIsRefused(t *testing.T) {
	for document, why := range map[string]string{
		`{"id":"ada","title":"Ops"}`:                           "a member that no user has",
		`{"id":"ada","activation":"on"}`:                       "an activation of another name",
		`{"id":"ada","expiry":"soon"}`:                         "an expiry of another name",
		`{"id":"ada","fields":{"a":{"text":["x"],"date":""}}}`: "a value of two types",
		`{"id":"ada","fields":{"a":{"colour":"red"}}}`:         "a type that there is not",
		`{"id":"ada","fields":{"a":{"number":"ten"}}}`:         "a number in words",
		`{"id":"ada","fields":{"a":{"date":"2026-02-30"}}}`:    "a day that there is not",
		`{"id":"ada","fields":{"a":{"text":["\u0000"]}}}`:      "a text that no store keeps",
		`{"id":"ada","fields":{"a":"x"}}`:                      "a value without its type",
	} {
		var u groups.User
		if err := json.Unmarshal([]byte(document), &u); !errors.Is(err, groups.ErrValue) && why != "a member that no user has" || err == nil {
			t.Errorf("%s: %s: %v", why, document, err)
		}
	}
}

func TestTheTypeOfAValueIsThatOfTheFieldsThatTakeIt(t *testing.T) {
	for _, c := range []struct {
		value groups.Value
		want  groups.Type
	}{
		{groups.Value{}, 0}, {groups.Empty(), 0},
		{groups.Text("a"), groups.TypeText}, {groups.Text("a", "b"), groups.TypeText},
		{groups.Choice("a"), groups.TypeChoice}, {groups.Choice("a", "b"), groups.TypeMultiChoice},
		{groups.Number(1), groups.TypeNumber}, {groups.Day(groups.NewDate(2026, 1, 31)), groups.TypeDate},
		{groups.At(newYear()), groups.TypeInstant}, {groups.Bool(false), groups.TypeBool},
	} {
		if got := c.value.Type(); got != c.want {
			t.Errorf("%v is a %v, want %v", c.value, got, c.want)
		}
	}
}
