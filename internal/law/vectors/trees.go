package vectors

import (
	"fmt"
	"slices"
	"strings"
)

// org is the tree of all cases:
//
//	root ── a ── b ── c        x ── y ── x (a ring), with z beneath y
//	orphan, beneath "gone", which does not exist, and kid beneath orphan
//	self, beneath itself
var org = []Unit{
	{"org", "root", ""}, {"org", "a", "root"}, {"org", "b", "a"}, {"org", "c", "b"},
	{"org", "x", "y"}, {"org", "y", "x"}, {"org", "z", "y"},
	{"org", "orphan", "gone"}, {"org", "kid", "orphan"}, {"org", "self", "self"},
}

// trees is conditions on units.
func trees() File {
	f := File{
		Name: "trees.json", Schema: &Schema{Trees: []string{"org", "other"}},
		About: "Units: is compares IDs and never walks; below and isOrBelow walk up by ID, where meeting an operand is yes, a root or a unit already visited no, a missing parent unknown; with a depth the walk ends there, no. An operand that does not exist gives unknown where it would give no.",
	}
	for _, c := range []struct{ sits, keys, want, why string }{
		{"b", `"op":"is","units":["b"]`, "yes", "the unit itself"},
		{"b", `"op":"is","units":["a"]`, "no", "is does not walk"},
		{"b", `"op":"is","units":["a","b"]`, "yes", "several operands mean any of them"},
		{"stray", `"op":"is","units":["stray"]`, "yes", "a unit that is not in its tree still answers is"},
		{"stray", `"op":"is","units":["a"]`, "no", "in either way: is never walks"},
		{"b", `"op":"is","units":["gone"]`, "unknown", "an operand that does not exist gives unknown where it would give no"},
		{"b", `"op":"is","units":["b","gone"]`, "yes", "but not where another says yes"},
		{"b", `"op":"is","units":["a","gone"]`, "unknown", "nor is it overruled by a no"},

		{"c", `"op":"below","units":["a"]`, "yes", "two levels below"},
		{"c", `"op":"below","units":["root"]`, "yes", "three"},
		{"a", `"op":"below","units":["a"]`, "no", "nobody is below himself"},
		{"a", `"op":"isOrBelow","units":["a"]`, "yes", "but is or below himself"},
		{"a", `"op":"below","units":["b"]`, "no", "up, not down"},
		{"root", `"op":"below","units":["a"]`, "no", "a root"},
		{"c", `"op":"below","units":["x"]`, "no", "another part of the tree"},
		{"c", `"op":"below","units":["x","a"]`, "yes", "several operands mean any of them"},
		{"c", `"op":"below","units":["a"],"depth":1`, "no", "two levels are more than one"},
		{"c", `"op":"below","units":["a"],"depth":2`, "yes", "and as many as two"},
		{"b", `"op":"below","units":["a"],"depth":1`, "yes", "directly below"},
		{"b", `"op":"isOrBelow","units":["b"],"depth":1`, "yes", "the unit itself is no level"},
		{"c", `"op":"isOrBelow","units":["a"],"depth":1`, "no", "bounded as below is"},

		{"x", `"op":"below","units":["x"]`, "no", "nobody is below himself, also in a ring"},
		{"x", `"op":"below","units":["y"]`, "yes", "the other unit of the ring"},
		{"x", `"op":"below","units":["x","y"]`, "yes", "below one of them, which is not himself"},
		{"z", `"op":"below","units":["x"]`, "yes", "below the ring"},
		{"z", `"op":"below","units":["a"]`, "no", "the walk ends where it comes to a unit again"},
		{"self", `"op":"below","units":["self"]`, "no", "a ring of one"},
		{"self", `"op":"isOrBelow","units":["self"]`, "yes", "is needs no walk"},
		{"self", `"op":"below","units":["a"]`, "no", "and the walk ends"},

		{"orphan", `"op":"below","units":["a"]`, "unknown", "a missing parent: what is above it is unknown"},
		{"kid", `"op":"below","units":["a"]`, "unknown", "from further below too"},
		{"kid", `"op":"below","units":["orphan"]`, "yes", "met on the way"},
		{"orphan", `"op":"isOrBelow","units":["orphan"]`, "yes", "met at once"},
		{"orphan", `"op":"below","units":["gone"]`, "yes", "the walk goes by ID: the missing parent is an operand"},
		{"kid", `"op":"below","units":["a"],"depth":1`, "no", "the depth ends the walk before the missing parent"},
		{"kid", `"op":"below","units":["a"],"depth":2`, "no", "or on it, which is not an operand"},
		{"kid", `"op":"below","units":["a"],"depth":3`, "unknown", "above it nobody knows"},
		{"c", `"op":"below","units":["gone"]`, "unknown", "an operand that does not exist gives unknown where it would give no"},
		{"c", `"op":"below","units":["gone"],"depth":1`, "unknown", "also where the depth would end the walk"},
		{"stray", `"op":"below","units":["a"]`, "unknown", "nobody knows what is above a unit that is not in its tree"},
		{"stray", `"op":"isOrBelow","units":["stray"]`, "yes", "but it is itself"},
		{"stray", `"op":"below","units":["stray"]`, "unknown", "the operand does not exist"},

		{"a,x", `"op":"below","units":["root"]`, "yes", "of several units one is enough"},
		{"x,orphan", `"op":"below","units":["a"]`, "unknown", "a no and an unknown"},
		{"b,orphan", `"op":"below","units":["a"]`, "yes", "a yes and an unknown"},
	} {
		f.Cases = append(f.Cases, both(Case{
			Name: fmt.Sprintf("in %s: %s", c.sits, c.keys), Why: c.why, Units: org, Want: c.want,
			User: User{ID: "u", Units: map[string][]string{"org": strings.Split(c.sits, ",")}},
		}, `{"kind":"unit","tree":"org",%s}`, c.keys)...)
	}
	none, unknown := User{ID: "u", Units: map[string][]string{"org": {}}}, User{ID: "u", Units: map[string][]string{"other": {"a"}}}
	for _, c := range []struct {
		user       User
		keys, want string
		why        string
	}{
		{none, `"op":"is","units":["a"]`, "no", "in no unit: empty, so no to a positive operator"},
		{none, `"op":"isNot","units":["a"]`, "yes", "and yes to a negative one"},
		{none, `"op":"notBelow","units":["a"]`, "yes", "of any kind"},
		{none, `"op":"isNotOrBelow","units":["a"],"whenEmpty":"noMatch"`, "no", "unless whenEmpty says otherwise"},
		{none, `"op":"below","units":["a"],"whenEmpty":"match"`, "yes", "in either direction"},
		{none, `"op":"isEmpty"`, "yes", "in no unit"},
		{none, `"op":"isNotEmpty"`, "no", "in no unit"},
		{unknown, `"op":"is","units":["a"]`, "unknown", "a tree that the user does not carry is unknown"},
		{unknown, `"op":"isNot","units":["a"],"whenEmpty":"match"`, "unknown", "and not empty"},
		{unknown, `"op":"isEmpty"`, "unknown", "for every operator"},
		{User{ID: "u", Units: map[string][]string{"org": {"stray"}}}, `"op":"isEmpty"`, "no", "some unit, in its tree or not"},
	} {
		f.Cases = append(f.Cases, Case{
			Name: fmt.Sprintf("%v: %s", c.user.Units, c.keys), Why: c.why, User: c.user, Units: org,
			Criteria: one(`{"kind":"unit","tree":"org",%s}`, c.keys), Want: c.want,
		})
	}
	return f
}

// lines is conditions on who a user is and on the reporting line.
func lines() File {
	f := File{
		Name:  "lines.json",
		About: "Users: is compares the ID; below and isOrBelow walk up the reporting line as in trees, but a named user who does not exist never matches; nobody is his own report. A user is never empty: no manager is a line of length zero.",
	}
	boss := func(id, manager string) User { return User{ID: id, Manager: &manager} }
	// ceo ← vp ← lead ← dev; r1 ⇄ r2; me is his own manager; lost reports to a ghost; blur to nobody knows whom.
	people := []User{
		boss("ceo", ""), boss("vp", "ceo"), boss("lead", "vp"), boss("dev", "lead"), boss("r1", "r2"), boss("r2", "r1"),
		boss("me", "me"), boss("lost", "ghost"), {ID: "blur"}, boss("under", "blur"),
	}
	others := func(id string, drop ...string) (list []User) {
		for _, p := range people {
			if p.ID != id && !slices.Contains(drop, p.ID) {
				list = append(list, p)
			}
		}
		return list
	}
	find := func(id string) User {
		for _, p := range people {
			if p.ID == id {
				return p
			}
		}
		panic("no " + id)
	}
	for _, c := range []struct{ who, keys, want, why string }{
		{"dev", `"op":"is","users":["dev","vp"]`, "yes", "one of them"},
		{"dev", `"op":"is","users":["vp"]`, "no", "is does not walk"},
		{"dev", `"op":"is","users":["Dev"]`, "no", "IDs do not fold"},
		{"dev", `"op":"is","users":["ghost"]`, "no", "a named user who does not exist never matches"},
		{"dev", `"op":"below","users":["ceo"]`, "yes", "the whole line"},
		{"dev", `"op":"below","users":["ghost"]`, "no", "a named user who does not exist never matches, and that is certain"},
		{"dev", `"op":"below","users":["dev"]`, "no", "nobody is below himself"},
		{"dev", `"op":"isOrBelow","users":["dev"]`, "yes", "but is or below himself"},
		{"ceo", `"op":"below","users":["vp"]`, "no", "no manager is a line of length zero, and not empty"},
		{"dev", `"op":"below","users":["lead"],"depth":1`, "yes", "depth 1 is direct reports"},
		{"dev", `"op":"below","users":["vp"],"depth":1`, "no", "and no more"},
		{"dev", `"op":"below","users":["vp"],"depth":2`, "yes", "depth 2 is their reports as well"},
		{"r1", `"op":"below","users":["r1"]`, "no", "nor is anybody below himself in a ring"},
		{"r1", `"op":"below","users":["r2"]`, "yes", "the other one of the ring"},
		{"r1", `"op":"below","users":["ceo"]`, "no", "the walk ends"},
		{"me", `"op":"below","users":["me"]`, "no", "his own manager"},
		{"me", `"op":"below","users":["ceo"]`, "no", "and the walk ends"},
		{"lost", `"op":"below","users":["ceo"]`, "unknown", "a manager who is not in the directory: what is above is unknown"},
		{"lost", `"op":"below","users":["ceo"],"depth":1`, "no", "but at depth 1 it does not matter: the manager is another"},
		{"blur", `"op":"below","users":["ceo"]`, "unknown", "an unknown manager"},
		{"blur", `"op":"below","users":["ceo"],"depth":1`, "unknown", "may be the very one"},
		{"under", `"op":"below","users":["blur"]`, "yes", "met before the unknown"},
		{"under", `"op":"below","users":["ceo"]`, "unknown", "the unknown is above"},
		{"under", `"op":"below","users":["ceo"],"depth":1`, "no", "and out of reach"},
	} {
		f.Cases = append(f.Cases, both(Case{Name: c.who + ": " + c.keys, Why: c.why, User: find(c.who), People: others(c.who), Want: c.want}, `{"kind":"user",%s}`, c.keys)...)
	}
	for _, c := range []struct{ who, drop, want, why string }{
		{"ceo", "", "yes", "the vp reports to the ceo"},
		{"dev", "blur", "no", "nobody reports to dev"},
		{"dev", "", "unknown", "blur may report to dev"},
		{"me", "blur", "no", "nobody is his own report"},
		{"r1", "blur", "yes", "in a ring the other one reports"},
		{"blur", "", "yes", "under reports to blur, whose own manager does not matter"},
	} {
		f.Cases = append(f.Cases, both(Case{
			Name: fmt.Sprintf("%s has reports, without %q", c.who, c.drop), Why: c.why, User: find(c.who), People: others(c.who, c.drop), Want: c.want,
		}, `{"kind":"user",%s}`, `"op":"hasReports"`)...)
	}
	return f
}

// both is a case and its opposite.
func both(c Case, condition, keys string) []Case {
	op := strings.SplitN(strings.TrimPrefix(keys, `"op":"`), `"`, 2)[0]
	negated := "not" + upper(op)
	if strings.HasPrefix(op, "is") {
		negated = "isNot" + strings.TrimPrefix(op, "is")
	}
	c.Criteria = one(condition, keys)
	twin := c
	twin.Name, twin.Want = "not "+c.Name, opposite[c.Want]
	twin.Criteria = one(condition, strings.Replace(keys, `"`+op+`"`, `"`+negated+`"`, 1))
	return []Case{c, twin}
}
