package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
)

// rows is a people file: n rows, with what a row says of person number i.
func rows(header string, n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		if text := row(i); text != "" {
			fmt.Fprintf(&b, "p%04d,%s\n", i, text)
		}
	}
	return b.String()
}

// refusals are the findings of the feed guard.
func refusals(p printed) (all []groups.Finding) {
	for _, f := range p.Findings {
		if f.Code == "feedGuard" {
			all = append(all, f)
		}
	}
	return all
}

// moved is, group by group, how many join and leave.
func moved(list []groupChange) string {
	var b strings.Builder
	for _, g := range list {
		fmt.Fprintf(&b, "%s +%d -%d =%d\n", g.ID, len(g.Joined), len(g.Left), len(g.Switched))
	}
	return b.String()
}

// heldBack is the same of what is held, with the limits and causes.
func heldBack(list []heldChange) string {
	var b strings.Builder
	for _, h := range list {
		b.WriteString(moved([]groupChange{h.groupChange}))
		for _, limit := range h.Limits {
			fmt.Fprintln(&b, " ", limit)
		}
		for _, c := range h.Causes {
			fmt.Fprintf(&b, "    %d: %s\n", c.Count, c.Text)
		}
	}
	return b.String()
}

// islanders are 1,000 people, of whom 25 live on Skye and every second of the others in Scotland.
func islanders(i int) string {
	switch {
	case i < 25:
		return "Skye,active"
	case i%2 == 0:
		return "Scotland,active"
	}
	return "Wales,active"
}

const islands = `"key":"id","missing":"remove","status":{"column":"status","deactivated":["gone"]},"groups":[
	{"id":"scots","name":"Scots","deactivated":"dropAutomatic","criteria":{"match":"all","sets":[{"match":"all","conditions":[
		{"kind":"field","field":"region","op":"is","values":["Scotland"]}]}]}},
	{"id":"welsh","name":"Welsh","criteria":{"match":"all","sets":[{"match":"all","conditions":[
		{"kind":"field","field":"region","op":"is","values":["Wales"]}]}]}},
	{"id":"skye","name":"Skye","criteria":{"match":"all","sets":[{"match":"all","conditions":[
		{"kind":"field","field":"region","op":"is","values":["Skye"]}]}]}}`

// ferry is a group of three that reads Skye.
const ferry = `,{"id":"ferry","criteria":{"match":"all","sets":[{"match":"all","conditions":[
		{"kind":"group","op":"memberOfAny","groups":["skye"]},{"kind":"field","field":"id","op":"endsWith","values":["4"]}]}]}}`

// The partial files that real feeds produce: each is refused as it comes, and applied where the tenant
// says "guard": "off".
func TestFilesThatTheGuardsStop(t *testing.T) {
	for _, c := range []struct {
		why     string
		groups  string // more of them
		next    func(i int) string
		refused string // where and text of each objection, a line each
		held    string // with the guards on
		applied string // with the guards on
		off     string // applied with the guards off
	}{
		{"half of the people are missing, and would be removed", "",
			func(i int) string {
				if i%2 == 0 && i >= 25 {
					return ""
				}
				return islanders(i)
			}, `
people, next.csv: people: 487 of 1,000 known users are not in the file and would be removed (48 %)`, `
scots +0 -487 =0
  leaves of the group: 487 of 487 automatic members reach 20 %
    487: they are not in the people file`, ``, `
scots +0 -487 =0`},
		{"one column is blank", "",
			func(int) string { return ",active" }, `
column region, next.csv: column "region": 1,000 of 1,000 users with a value would have none (100 %); read by groups "scots", "skye", "welsh"`, `
scots +0 -487 =0
  leaves of the group: 487 of 487 automatic members reach 20 %
    487: ` + "`region`" + ` became empty
welsh +0 -488 =0
  leaves of the group: 488 of 488 automatic members reach 20 %
    488: ` + "`region`" + ` became empty
skye +0 -25 =0
  leaves of the group: they empty a group of 25
    25: ` + "`region`" + ` became empty`, ``, `
scots +0 -487 =0
welsh +0 -488 =0
skye +0 -25 =0`},
		{"everybody is deactivated", "",
			func(i int) string { return strings.Replace(islanders(i), "active", "gone", 1) }, `
people, next.csv: people: 1,000 of 1,000 active users would be deactivated (100 %); read by group "scots"
column status, next.csv: column "status": 1,000 of 1,000 users with a value would have one that nobody has (100 %); read by group "scots"`, `
scots +0 -487 =0
  leaves of the group: 487 of 487 automatic members reach 20 %
    487: they were deactivated`, ``, `
scots +0 -487 =0`},
		{"25 of 1,000 is nothing to the feed guard, and all of Skye: the others go on, and who reads Skye finds it as it was", ferry,
			func(i int) string {
				if i < 25 {
					return "Wales,active"
				}
				return islanders(i)
			}, ``, `
skye +0 -25 =0
  leaves of the group: they empty a group of 25
    25: it is no longer so that region is Skye`, `
welsh +25 -0 =0`, `
welsh +25 -0 =0
skye +0 -25 =0
ferry +0 -3 =0`},
		{"a few moves are nobody's business", "",
			func(i int) string {
				if i == 30 {
					return "Wales,active"
				}
				return islanders(i)
			}, ``, ``, `
scots +0 -1 =0
welsh +1 -0 =0`, `
scots +0 -1 =0
welsh +1 -0 =0`},
	} {
		t.Run(c.why, func(t *testing.T) {
			files := map[string]string{
				"people.csv": rows("id,region,status", 1000, islanders), "next.csv": rows("id,region,status", 1000, c.next),
			}
			printed := func(guard string) printed {
				files["tenant.json"] = "{" + guard + islands + c.groups + "]}"
				code, stdout, stderr := start(t, files, "-json")
				if code != 0 {
					t.Fatal(stderr)
				}
				if strings.Contains(stdout, "null") {
					t.Errorf("a null in %.1000s", stdout)
				}
				return readBack(t, stdout)
			}
			on, off := printed(""), printed(`"guard":"off",`)
			refused := ""
			for _, f := range refusals(on) {
				refused += "\n" + f.Where + ": " + f.Text
			}
			for _, c := range []struct{ what, got, want string }{
				{"refused", refused, c.refused},
				{"held", "\n" + heldBack(on.Next.Held), c.held + "\n"},
				{"applied", "\n" + moved(on.Next.Groups), c.applied + "\n"},
				{"off: refused", fmt.Sprint(refusals(off)), "[]"},
				{"off: held", "\n" + heldBack(off.Next.Held), "\n"},
				{"off: applied", "\n" + moved(off.Next.Groups), c.off + "\n"},
			} {
				if c.got != c.want {
					t.Errorf("%s: got%s\nwant%s", c.what, c.got, c.want)
				}
			}
			if on.Next.Import != off.Next.Import {
				t.Errorf("the figures of the file are %v, and %v without guards", on.Next.Import, off.Next.Import)
			}
			// "on" is what comes without a word.
			if said := printed(`"guard":"on",`); heldBack(said.Next.Held) != heldBack(on.Next.Held) || !slices.Equal(said.Findings, on.Findings) {
				t.Error(`"guard":"on" is another thing than nothing said`)
			}
		})
	}
}

// The first file meets nobody whom it could take out, however it looks.
func TestTheFirstFileIsNotGuarded(t *testing.T) {
	code, stdout, stderr := start(t, map[string]string{
		"people.csv":  rows("id,region,status", 1000, func(int) string { return ",gone" }),
		"tenant.json": "{" + strings.Replace(islands, `"name":"Scots",`, `"assignments":["p0001","nobody"],`, 1) + "]}",
	}, "-json")
	p := readBack(t, stdout)
	if code != 0 || len(refusals(p)) > 0 || p.Import != (figures{New: 1000}) || len(p.Groups[0].Members) != 1 {
		t.Errorf("exit code %d, %v, refused by %v, %s", code, p.Import, refusals(p), stderr)
	}
}

func TestTextSaysPlainlyWhatTheGuardsStopped(t *testing.T) {
	files := map[string]string{
		"people.csv":  rows("id,region,status", 1000, islanders),
		"tenant.json": "{" + islands + "]}",
	}
	for _, c := range []struct {
		next func(i int) string
		want string
	}{
		{func(int) string { return ",active" }, `
next.csv: 0 new, 1000 changed, 0 unchanged, 0 missing, 0 rejected
REFUSED by the feed guard; nothing of the file was applied:
  column "region": 1,000 of 1,000 users with a value would have none (100 %); read by groups "scots", "skye", "welsh"
Put the file right; or, if all of this is meant, say "guard": "off" in the tenant file.
Applying it would change no group.
The removal guard would hold, as well:
  held: Scots (scots): 487 leave
    limit: leaves of the group: 487 of 487 automatic members reach 20 %
    cause: 487 because ` + "`region`" + ` became empty
  held: Welsh (welsh): 488 leave
`},
		{func(i int) string {
			if i < 25 {
				return "Wales,active"
			}
			return islanders(i)
		}, `
next.csv: 0 new, 25 changed, 975 unchanged, 0 missing, 0 rejected
Applying it will change:
  Welsh (welsh): 25 join
Applied; that is what changed.
The removal guard holds these groups as they were, until a person approves it:
  held: Skye (skye): 25 leave
    limit: leaves of the group: they empty a group of 25
    cause: 25 because it is no longer so that region is Skye
`},
	} {
		files["next.csv"] = rows("id,region,status", 1000, c.next)
		code, stdout, stderr := start(t, files)
		if code != 0 || !strings.Contains(stdout, c.want) {
			t.Errorf("exit code %d, %s, no%sin\n%s", code, stderr, c.want, stdout)
		}
	}
}
