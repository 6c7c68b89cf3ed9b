package main

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grouprules/groups"
)

// A tenant is what the tenant file says: how the people files are to be read, and the groups.
type tenant struct {
	now         time.Time // zero: the wall clock
	zone        *time.Location
	people      groups.PeopleCSV
	trees       []treeFile
	enrollments *enrollmentFile
	guard       guarding
	groups      []tenantGroup
}

// A guarding says whether files and groups are guarded.
type guarding string

const (
	guardOn  guarding = "on"
	guardOff guarding = "off"
)

func (g guarding) String() string { return string(g) }

type treeFile struct {
	file string
	as   groups.UnitsCSV
}

type enrollmentFile struct {
	file string
	as   groups.EnrollmentsCSV
}

// A tenantGroup is a group with whom the tenant file puts in or keeps out.
type tenantGroup struct {
	groups.Group
	at       string // its JSON pointer
	rule     []byte // its criteria as they stand, if any
	assigned []groups.UserID
	excluded []groups.UserID
	bad      bool // something about it is wrong
}

// readTenant reads a tenant file and notes everything in it that makes no sense by itself; whether the
// rules fit the people is asked later. ready says that at least the people can be read by it.
func readTenant(data []byte) (t tenant, p problems, ready bool) {
	root, err := parse(data)
	if err != nil {
		p.err("", err)
		return t, p, false
	}
	v := p.object(root, "key!", "zone", "now", "missing", "fields", "status", "manager", "trees",
		"enrollments", "csv", "guard", "groups!")
	t.people.Key = p.text(v["key"])
	t.clock(&p, v["zone"], v["now"])
	t.people.Missing = word(&p, v["missing"], groups.KeepMissing, groups.DeactivateMissing, groups.RemoveMissing)
	t.people.Manager = p.text(v["manager"])
	t.fields(&p, v["fields"])
	t.status(&p, v["status"])
	t.units(&p, v["trees"])
	t.records(&p, v["enrollments"])
	t.format(&p, v["csv"])
	t.guard = word(&p, v["guard"], guardOn, guardOff)
	ready = len(p) == 0

	seen := map[groups.GroupID]string{}
	for _, n := range p.list(v["groups"]) {
		before := len(p)
		g := readGroup(&p, n)
		if at, twice := seen[g.ID]; twice {
			p.add(n.at+"/id", "the group %q is at %s already", g.ID, at)
		} else if g.ID != "" {
			seen[g.ID] = n.at
		}
		g.bad = len(p) > before
		t.groups = append(t.groups, g)
	}
	return t, p, ready
}

func (t *tenant) clock(p *problems, zone, now node) {
	t.zone = time.UTC
	if name := p.text(zone); name != "" {
		loc, err := time.LoadLocation(name)
		if err != nil || name == "Local" {
			p.add(zone.at, "there is no zone %q; one is Europe/London", name)
		} else {
			t.zone = loc
		}
	}
	if text := p.text(now); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil || at.IsZero() {
			p.add(now.at, "%q is not an instant such as 2015-01-31T00:00:00Z", text)
		}
		t.now = at
	}
}

func (t *tenant) fields(p *problems, n node) {
	seen := map[string]string{}
	for _, n := range p.list(n) {
		before := len(*p)
		v := p.object(n, "name!", "type", "options", "exact", "separator")
		var f groups.CSVField
		f.Name = strings.TrimSpace(p.text(v["name"]))
		f.Type = word(p, v["type"], groups.TypeText, groups.TypeChoice, groups.TypeMultiChoice,
			groups.TypeNumber, groups.TypeDate, groups.TypeInstant, groups.TypeBool)
		f.Exact = p.flag(v["exact"])
		f.Separator = p.characters(v["separator"])
		for i, id := range p.texts(v["options"]) {
			option := groups.Option{ID: strings.TrimSpace(id)}
			if id != "" && slices.Contains(f.Options, option) {
				p.add(v["options"].items[i].at, "the option %q is there already", option.ID)
			}
			f.Options = append(f.Options, option)
		}
		if at, twice := seen[f.Name]; twice && f.Name != "" {
			p.add(v["name"].at, "the field %q is at %s already", f.Name, at)
		}
		seen[f.Name] = n.at
		if len(*p) > before {
			continue // what follows would only say it again
		}
		several := f.Type == groups.TypeMultiChoice
		if len(f.Options) > 0 && !several && f.Type != groups.TypeChoice {
			p.add(v["options"].at, "only a choice or multiChoice has options, not a %v", f.Type)
		}
		if f.Exact && f.Type != groups.TypeText {
			p.add(v["exact"].at, "only a text can be exact, not a %v", f.Type)
		}
		if several && f.Separator == "" {
			p.add(n.at+"/separator", "is missing: a multiChoice needs one")
		} else if !several && f.Separator != "" {
			p.add(v["separator"].at, "only a multiChoice has a separator, not a %v", f.Type)
		}
		if f.Name == string(groups.ID) && f.Type == groups.TypeText && strings.TrimSpace(t.people.Key) == f.Name {
			continue // which every key headed "id" is anyway
		}
		if len(*p) == before {
			p.err(n.at, (&groups.Schema{Fields: []groups.Field{f.Field}}).Validate())
		}
		t.people.Fields = append(t.people.Fields, f)
	}
}

func (t *tenant) status(p *problems, n node) {
	if n.given() {
		v := p.object(n, "column!", "deactivated")
		t.people.Status = &groups.StatusColumn{Column: p.text(v["column"]), Deactivated: p.texts(v["deactivated"])}
	}
}

func (t *tenant) units(p *problems, n node) {
	seen := map[groups.Tree]string{}
	for _, n := range p.list(n) {
		v := p.object(n, "name!", "column", "file", "id", "parent")
		tree := groups.Tree(p.text(v["name"]))
		if tree == "" {
			continue
		}
		if groups.UserID(tree).Check() != nil { // the rule is the same for all identifiers
			p.add(v["name"].at, "%q cannot be the name of a tree: it is too long, has white space at an end or control characters", tree)
		}
		if at, twice := seen[tree]; twice {
			p.add(v["name"].at, "the tree %q is at %s already", tree, at)
		}
		seen[tree] = n.at
		column, file := p.text(v["column"]), p.text(v["file"])
		as := groups.UnitsCSV{Tree: tree, ID: p.text(v["id"]), Parent: p.text(v["parent"])}
		if !v["column"].given() && !v["file"].given() {
			p.add(n.at, "a tree needs a column of the people file, a file of units, or both")
		}
		for _, key := range []string{"id", "parent"} {
			if is := v[key].given(); is && !v["file"].given() {
				p.add(v[key].at, "is a column of the file of units, which is missing")
			} else if !is && v["file"].given() {
				p.add(n.at+"/"+key, "is missing: which column of the file is it?")
			}
		}
		if column != "" {
			t.people.Units = append(t.people.Units, groups.UnitColumn{Tree: tree, Column: column})
		}
		if file != "" {
			t.trees = append(t.trees, treeFile{file, as})
		}
	}
}

func (t *tenant) records(p *problems, n node) {
	if !n.given() {
		return
	}
	v := p.object(n, "file!", "user!", "course!", "status", "completed")
	t.enrollments = &enrollmentFile{p.text(v["file"]), groups.EnrollmentsCSV{
		User: p.text(v["user"]), Course: p.text(v["course"]), Status: p.text(v["status"]), Completed: p.text(v["completed"]),
	}}
}

func (t *tenant) format(p *problems, n node) {
	if !n.given() {
		return
	}
	v := p.object(n, "delimiter", "charset")
	if s := p.characters(v["delimiter"]); s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if size < len(s) || strings.ContainsAny(s, "\"\r\n\ufeff") {
			p.add(v["delimiter"].at, "%q is not one character that can stand between cells", s)
		}
		t.people.Format.Delimiter = r
	}
	if s := strings.ToLower(p.text(v["charset"])); s != "" {
		known := []string{"utf-8", "utf-16", "windows-1252", "iso-8859-1", "iso-8859-15"}
		if !slices.Contains(known, s) {
			p.add(v["charset"].at, "%q is not one of %s", s, strings.Join(known, ", "))
		}
		t.people.Format.Charset = s
	}
}

func readGroup(p *problems, n node) tenantGroup {
	g := tenantGroup{at: n.at}
	v := p.object(n, "id!", "name", "kind", "status", "deactivated", "frozen", "criteria", "assignments", "exclusions")
	g.ID = groups.GroupID(p.text(v["id"]))
	if g.ID != "" {
		p.err(v["id"].at, g.ID.Check())
	}
	if g.Name = p.text(v["name"]); !v["name"].given() {
		g.Name = string(g.ID)
	}
	g.Status = word(p, v["status"], groups.Active, groups.Inactive)
	g.Deactivated = word(p, v["deactivated"], groups.Keep, groups.DropAutomatic, groups.DropAll)
	g.Frozen = p.flag(v["frozen"])
	g.Kind = word(p, v["kind"], groups.ManualGroup, groups.AutomaticGroup)
	if c := v["criteria"]; c.given() {
		if !v["kind"].given() {
			g.Kind = groups.AutomaticGroup
		}
		g.rule = c.raw
	}
	g.assigned = p.users(v["assignments"])
	g.excluded = p.users(v["exclusions"])
	for i, id := range g.excluded {
		if id != "" && slices.Contains(g.assigned, id) {
			p.add(v["exclusions"].items[i].at, "the user %q is assigned as well; only one can be meant", id)
		}
	}
	return g
}

// misspelt are the problems of rules that show without knowing the people.
func (t *tenant) misspelt() (p problems) {
	for _, g := range t.groups {
		if g.rule != nil {
			_, err := groups.ParseCriteria(g.rule, nil)
			p.criteria(g.at+"/criteria", err)
		}
	}
	return p
}

// users reads a list of user IDs.
func (p *problems) users(n node) []groups.UserID {
	var ids []groups.UserID
	for i, s := range p.texts(n) {
		id := groups.UserID(s)
		if s != "" {
			p.err(n.items[i].at, id.Check())
		}
		ids = append(ids, id)
	}
	return ids
}

// criteria notes what is wrong with criteria that stand at a pointer of the tenant file.
func (p *problems) criteria(at string, err error) {
	if all, ok := errors.AsType[*groups.CriteriaError](err); ok {
		for _, problem := range all.Under(at).Problems {
			*p = append(*p, problem.Error())
		}
		return
	}
	p.err(at, err)
}
