package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
)

// The figures in this file were counted apart from the program: from the same files, with Python's csv
// module and one filter a group that says what its rule says ("region == 'Scotland' and status ==
// 'active'"), for units and reporting lines a walk up the parents. Those of the imports are also in
// ../shared/data/README.md.

const realData = "../../../shared/data"

// onRealData runs the program on files that are not part of this repository.
func onRealData(t *testing.T, tenant, people, next string) printed {
	t.Helper()
	return onRealDataAs(t, filepath.Join("testdata", tenant), people, next)
}

func onRealDataAs(t *testing.T, tenant, people, next string) printed {
	t.Helper()
	if _, err := os.Stat(filepath.Join(realData, people)); err != nil {
		t.Skipf("the real data is not here: %v", err)
	}
	args := []string{"-json", "-tenant", tenant, "-people", filepath.Join(realData, people)}
	if next != "" {
		args = append(args, "-next", filepath.Join(realData, next))
	}
	var out, errs strings.Builder
	if code := run(args, &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	return readBack(t, out.String())
}

// tallies is, group by group, who is in, how many of them by hand, who would be in, and who is undecided.
func tallies(p printed) string {
	var b strings.Builder
	for _, g := range p.Groups {
		manual := 0
		for _, m := range g.Members {
			if m.Method == "manual" {
				manual++
			}
		}
		fmt.Fprintln(&b, g.ID, len(g.Members), manual, len(g.Population), len(g.Undecided))
	}
	return b.String()
}

func TestOpenUniversity(t *testing.T) {
	p := onRealData(t, "oulad.json", "oulad/people.csv", "")
	if want := (figures{New: 28785}); p.Import != want {
		t.Errorf("import %v, want %v", p.Import, want)
	}
	// awk -F, '$3=="Scotland"' people.csv | wc -l gives 2934, with && $11=="active" 2313, of whom 28400
	// is assigned; 971 blank bands are left out of "poorest"; "recent" is after 2014-07-31.
	want := `scots 2313 1 2313 0
all-scots 2934 0 2934 0
north 4136 0 4136 0
poorest 2944 0 2944 0
oldest 179 0 179 0
heavy 4569 0 4569 0
recent 4957 0 4957 0
three 382 0 382 0
scots-heavy 389 0 389 0
asleep 0 0 28785 0
`
	if got := tallies(p); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if len(p.Findings) > 0 {
		t.Errorf("findings: %v", p.Findings)
	}
}

const (
	march     = "people-2011-03-31.csv"
	september = "people-2011-09-30.csv"
)

// Half a year without 793 of 3,183 people is what the feed guard is there for.
func TestOrganogramsFromMarchToSeptemberAreRefused(t *testing.T) {
	p := onRealData(t, "uk-organograms.json", "uk-organograms/"+march, "uk-organograms/"+september)
	if want := (figures{New: 840, Changed: 1436, Unchanged: 954, Missing: 793}); p.Next.Import != want {
		t.Errorf("next import %v, want %v", p.Next.Import, want)
	}
	if len(p.Next.Groups) > 0 {
		t.Errorf("the file was refused, and yet groups changed: %v", p.Next.Groups)
	}
	want := []groups.Finding{{Code: "feedGuard", Where: "people, " + september,
		Text: "people: 793 of 3,183 known users are not in the file and would be removed (24 %)"}}
	if got := refusals(p); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// The figures are those of the next test. What two small groups lose is no reason to hold them.
	var got strings.Builder
	for _, h := range p.Next.Held {
		fmt.Fprintf(&got, "%s +%d -%d =%d; %s\n", h.ID, len(h.Joined), len(h.Left), len(h.Switched), strings.Join(h.Limits, "; "))
		if len(h.Causes) == 0 || !slices.IsSortedFunc(h.Causes, func(a, b groups.CommonCause) int { return b.Count - a.Count }) {
			t.Errorf("%s: the causes are not there, or not most people first: %v", h.ID, h.Causes)
		}
	}
	held := `policy +475 -231 =0; leaves of the group: 231 of 883 automatic members reach 20 %
directors +272 -248 =0; leaves of the group: 248 of 1,100 automatic members reach 20 %
justice +87 -162 =0; leaves of the group: 162 of 344 automatic members reach 20 %
well-paid +133 -132 =0; leaves of the group: 132 of 538 automatic members reach 20 %
part-time +153 -110 =0; leaves of the group: 110 of 231 automatic members reach 20 %
managers +197 -195 =0; leaves of the group: 195 of 720 automatic members reach 20 %
`
	if got.String() != held {
		t.Errorf("got\n%swant\n%s", got.String(), held)
	}
}

// unguarded is a tenant file of testdata as it would be with the guards off, elsewhere.
func unguarded(t *testing.T, tenant string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", tenant))
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(realData)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "{", `{"guard": "off",`, 1)
	text = strings.ReplaceAll(text, "../../../../shared/data", filepath.ToSlash(here))
	name := filepath.Join(t.TempDir(), tenant)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestOrganogramsFromMarchToSeptember(t *testing.T) {
	p := onRealDataAs(t, unguarded(t, "uk-organograms.json"), "uk-organograms/"+march, "uk-organograms/"+september)
	if want := (figures{New: 3183}); p.Import != want {
		t.Errorf("import %v, want %v", p.Import, want)
	}
	if want := (figures{New: 840, Changed: 1436, Unchanged: 954, Missing: 793}); p.Next.Import != want {
		t.Errorf("next import %v, want %v", p.Next.Import, want)
	}
	// Of 1,113 people the pay is "N/D", which is no number.
	want := `policy 883 0 883 0
directors 1100 0 1100 0
justice 344 0 344 0
well-paid 538 0 538 1113
part-time 231 0 231 0
managers 720 0 720 0
crown-prosecution 58 0 58 0
senior-justice 92 0 92 0
`
	if got := tallies(p); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// 136 are well paid in March and not known to be in September, but 4 of them became "N/D" and stay.
	want = `policy +475 -231 =0
directors +272 -248 =0
justice +87 -162 =0
well-paid +133 -132 =0
part-time +153 -110 =0
managers +197 -195 =0
crown-prosecution +11 -8 =0
senior-justice +23 -46 =0
`
	var got strings.Builder
	for _, g := range p.Next.Groups {
		fmt.Fprintf(&got, "%s +%d -%d =%d\n", g.ID, len(g.Joined), len(g.Left), len(g.Switched))
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}

	if len(p.Next.Held) > 0 {
		t.Errorf("the guards are off, and yet hold %v", p.Next.Held)
	}

	// awk shows people who are their own manager, and managers who are not in the file.
	found := map[string][]string{}
	for _, f := range p.Findings {
		_, file, _ := strings.Cut(f.Where, ", ")
		found[f.Code+" "+file] = append(found[f.Code+" "+file], f.Text)
	}
	for _, c := range []struct {
		finding string
		count   int
		names   []string
	}{
		{"badValue " + march, 1113, nil},
		{"badValue " + september, 1137, nil},
		{"ring " + march, 1, []string{"infrastructure_planning_commission:1"}},
		{"ring " + september, 3, []string{"council_for_healthcare_regulatory_excellence:2",
			"department_for_business_innovation_and_skills:SCS2-08-02", "ministry_of_justice:150"}},
		{"missingParent " + september, 6, []string{
			"department_for_work_and_pensions:JCP2", "department_for_work_and_pensions:0", "department_for_work_and_pensions:JCP8",
			"department_of_education:DfE-2060", "department_of_education:DFE-2061", "department_of_education:DFE-2062", "department_of_education:DFE-2064",
			"department_of_education:DfE-3024", "department_of_education:DFE-3040", "department_of_education:DfE-3022",
			"department_of_education:DfE-5018", "department_of_education:DFE-3026", "department_of_education:DFE-5011",
			"department_of_education:DfE-5050", "department_of_education:DfE-3036",
			"ministry_of_justice:131", "ministry_of_justice:134", "ministry_of_justice:146"}},
	} {
		if n := len(found[c.finding]); n != c.count {
			t.Errorf("%d findings %s, want %d", n, c.finding, c.count)
		}
		for _, name := range c.names {
			if !slices.ContainsFunc(found[c.finding], func(text string) bool { return strings.Contains(text, fmt.Sprintf("%q", name)) }) {
				t.Errorf("no finding %s names %q", c.finding, name)
			}
		}
		delete(found, c.finding)
	}
	if len(found) > 0 {
		t.Errorf("further findings: %v", found)
	}
}
