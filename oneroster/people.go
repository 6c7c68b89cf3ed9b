package oneroster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// between stands between the values of one cell of the table that is made of a bundle. The lists of the standard
// have commas, and single values of it may.
const between = "\x1f"

// unknown is a cell that is no text: what it says is Unknown.
const unknown = "\x00"

// People makes the bundle a file of people, with the enrollments and the trees as far as it has them. The
// Directory is read only for what a delta leaves open: the units of its trees, and who its users are. Issues have
// the lines of users.csv; those of the bundle, with their file in the column, come after them.
func (b *Bundle) People(ctx context.Context, dir groups.Directory) (*groups.PeopleFile, error) {
	p := &people{Bundle: b, ctx: ctx, dir: dir, roles: map[string]*held{}}
	if err := p.units(); err != nil {
		return nil, err
	}
	p.collect()
	f, err := p.table()
	if err != nil {
		return nil, err
	}
	if b.sheets[orgs] != nil {
		f.Trees = p.trees
	}
	if f.Enrollments, err = b.enrolled(); err != nil {
		return nil, err
	}
	for _, i := range append(slices.Clone(b.Issues), p.issues...) {
		f.Issues = append(f.Issues, groups.Issue{Line: i.Line, Column: strings.TrimSpace(i.File + " " + i.Column), Code: i.Code, Text: i.Text})
	}
	return f, nil
}

// people makes a table of the users of a bundle.
type people struct {
	*Bundle
	ctx    context.Context
	dir    groups.Directory
	issues []Problem

	trees map[groups.Tree][]groups.Unit // those that are given
	in    map[string]groups.Tree        // of orgs
	roles map[string]*held              // of users
	known map[string]bool               // the users who are given
	about map[string]row                // demographics of users

	columns []column
}

// A held has what roles.csv says of one user, or the role that users.csv has.
type held struct {
	roles, primary, orgs []string
}

// A column of the table has a field, and the cell of a user.
type column struct {
	groups.CSVField
	cell func(row, *stored) (string, error)
}

// collect files roles and demographics by user.
func (p *people) collect() {
	p.known = map[string]bool{}
	for _, u := range p.sheets[users].of() {
		p.known[u.at("sourcedId")] = true
	}
	// Of a bulk of users the bundle has said so already.
	noted := func(r row, user string) {
		if !p.known[user] && !p.sheets[users].is(Bulk) {
			p.issues = append(p.issues, r.problem("", "needsBulk", "user %.64q is not in users.csv, so that this row counts for nothing until a bulk", user))
		}
	}
	if s := p.sheets[roles]; s != nil {
		for _, r := range s.rows {
			id := r.at("userSourcedId")
			noted(r, id)
			h := p.roles[id]
			if h == nil {
				h = new(held)
				p.roles[id] = h
			}
			role := roleNamed(r.at("role"))
			h.roles = append(h.roles, role)
			if strings.EqualFold(r.at("roleType"), "primary") {
				h.primary = append(h.primary, role)
			}
			if org := r.at("orgSourcedId"); org != "" {
				h.orgs = append(h.orgs, org)
			}
		}
		if s.mode == Delta {
			for _, r := range s.gone {
				p.issues = append(p.issues, r.problem("", "needsBulk", "a delta does not say which other roles user %.64q has, so that this one stays until a bulk", r.at("userSourcedId")))
			}
		}
	} else if s := p.sheets[users]; s.has("role") {
		for _, r := range s.of() {
			h := &held{}
			for _, role := range r.list("role") {
				h.roles = append(h.roles, roleNamed(role))
			}
			p.roles[r.at("sourcedId")] = h
		}
	}
	if s := p.sheets[demographics]; s != nil {
		p.about = map[string]row{}
		for _, r := range s.rows {
			id := r.at(demographicsKey(s))
			noted(r, id)
			p.about[id] = r
		}
	}
}

// saysRoles reports whether the bundle says which roles users have.
func (p *people) saysRoles() bool { return p.sheets[roles] != nil || p.sheets[users].has("role") }

// saysOrgs reports whether it says in which orgs users are. A primary org alone is not all of them.
func (p *people) saysOrgs() bool {
	return p.sheets[roles] != nil || p.sheets[users].has("orgSourcedIds")
}

// A stored user is looked for when something of it is asked.
type stored struct {
	*people
	id    string
	asked bool
	is    bool
	user  groups.User
}

func (s *stored) get() (*groups.User, error) {
	if s.asked {
		return &s.user, nil
	}
	u, err := s.dir.User(s.ctx, groups.UserID(s.id))
	switch {
	case errors.Is(err, groups.ErrNotFound):
	case err != nil:
		return nil, fmt.Errorf("read user %q: %w", s.id, err)
	default:
		s.user, s.is = u, true
	}
	s.asked = true
	return &s.user, nil
}

// field is the cell of what is stored in a field; blank for who is new.
func (s *stored) field(name string) (string, error) {
	u, err := s.get()
	if err != nil || !s.is {
		return "", err
	}
	v := u.Fields[name]
	if v.IsUnknown() {
		return unknown, nil
	}
	return strings.Join(v.Texts(), between), nil
}

// plan decides which columns the table has.
func (p *people) plan() (o groups.PeopleCSV) {
	s := p.sheets[users]
	o = groups.PeopleCSV{Key: "id", Missing: p.opts.Missing, Format: groups.CSVFormat{
		Delimiter: ',', Charset: "utf-8", MaxCell: 1 << 30, MaxColumns: 10_000,
	}}
	text := func(name string) groups.CSVField {
		return groups.CSVField{Field: groups.Field{Name: name, Type: groups.TypeText}}
	}
	aside := func(name string, several bool) groups.CSVField {
		f := text(name)
		f.Exact, f.NotForCriteria = true, true
		if several {
			f.Several, f.Separator = true, between
		}
		return f
	}
	add := func(f groups.CSVField, cell func(row, *stored) (string, error)) {
		p.columns = append(p.columns, column{f, cell})
		o.Fields = append(o.Fields, f)
	}
	for _, name := range []string{string(groups.Username), string(groups.Email)} {
		if s.has(name) {
			add(text(name), func(u row, _ *stored) (string, error) { return u.at(name), nil })
		}
	}
	if s.has("givenName") || s.has("familyName") {
		add(text(string(groups.Name)), func(u row, _ *stored) (string, error) {
			return strings.TrimSpace(u.at("givenName") + " " + u.at("familyName")), nil
		})
	}
	if s.has(enabledUser) {
		add(groups.CSVField{Field: groups.Field{Name: enabledUser, Type: groups.TypeBool, NotForCriteria: true}}, func(u row, _ *stored) (string, error) {
			cell := u.at(enabledUser)
			if _, err := groups.ParseValue(groups.TypeBool, cell); err != nil {
				p.issues = append(p.issues, u.problem(enabledUser, "badValue", "%v, so that nobody knows whether the user is", err))
				return unknown, nil
			}
			return cell, nil
		})
		o.Status = &groups.StatusColumn{Column: enabledUser, Deactivated: []string{"false", "no", "0"}}
	}
	if p.saysRoles() {
		p.planRoles(add)
	}
	if p.saysOrgs() {
		for _, tree := range p.opts.trees() {
			add(aside(string(tree), true), func(u row, was *stored) (string, error) { return p.unitsOf(u, was, tree) })
			o.Units = append(o.Units, groups.UnitColumn{Tree: tree, Column: string(tree), Separator: between})
		}
	}
	if len(p.opts.Agents) > 0 && s.has("agentSourcedIds") {
		add(aside(manager, false), p.managerOf)
		o.Manager = manager
	}
	for _, from := range p.opts.fields() {
		p.planField(from, add)
	}
	return o
}

// planRoles adds the columns of roles. A delta of them adds to those that are stored.
func (p *people) planRoles(add func(groups.CSVField, func(row, *stored) (string, error))) {
	roleField := func(name groups.MultiChoiceField, of func(*held) []string) {
		f := groups.CSVField{Field: groups.Field{Name: string(name), Type: groups.TypeMultiChoice}, Separator: between}
		add(f, func(u row, was *stored) (string, error) {
			var list []string
			h := p.roles[u.at("sourcedId")]
			if h != nil {
				list = of(h)
			}
			if p.sheets[roles].is(Delta) {
				cell, err := was.field(string(name))
				switch {
				case err != nil || cell == unknown:
					return cell, err
				case cell != "":
					list = append(slices.Clone(list), strings.Split(cell, between)...)
				}
			}
			return joined(list), nil
		})
	}
	roleField(Role, func(h *held) []string { return h.roles })
	if p.sheets[roles] != nil {
		roleField(PrimaryRole, func(h *held) []string { return h.primary })
	}
}

// joined is the cell of a list, in the one way in which it can be written.
func joined(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), between)
}

// planField adds a further column.
func (p *people) planField(from string, add func(groups.CSVField, func(row, *stored) (string, error))) {
	file, name, _ := strings.Cut(from, ".")
	s := p.sheets[file]
	if !s.has(name) {
		return
	}
	f := groups.CSVField{Field: p.opts.Fields[from]}
	if f.Several || f.Type == groups.TypeMultiChoice {
		f.Separator = between
	}
	add(f, func(u row, was *stored) (string, error) {
		r := u
		if file == demographics {
			var there bool
			if r, there = p.about[u.at("sourcedId")]; !there && s.mode == Delta {
				return was.field(f.Name)
			}
		}
		if f.Separator != "" {
			return strings.Join(r.list(name), between), nil
		}
		return r.at(name), nil
	})
}

// unitsOf are the orgs of a user in one tree.
func (p *people) unitsOf(u row, was *stored, tree groups.Tree) (string, error) {
	ids := append(u.list("orgSourcedIds"), u.at("primaryOrgSourcedId"))
	if h := p.roles[u.at("sourcedId")]; h != nil {
		ids = append(ids, h.orgs...)
	}
	var list []string
	for _, id := range ids {
		in, known := p.in[id]
		if !known {
			in = p.opts.Tree
		}
		if id != "" && in == tree {
			list = append(list, id)
		}
	}
	if p.sheets[roles].is(Delta) {
		user, err := was.get()
		if err != nil {
			return "", err
		}
		sits, known := user.Units[tree]
		if was.is && !known {
			return unknown, nil
		}
		list = append(list, sits...)
	}
	return joined(list), nil
}

// managerOf is the one agent with a role that managers have.
func (p *people) managerOf(u row, _ *stored) (string, error) {
	var found []string
	open := ""
	for _, agent := range u.list("agentSourcedIds") {
		has, err := p.rolesOf(agent)
		if err != nil {
			return "", err
		}
		switch {
		case has == nil:
			open = agent
		case slices.ContainsFunc(has, func(role string) bool {
			return slices.ContainsFunc(p.opts.Agents, func(a string) bool { return strings.EqualFold(a, role) })
		}) && !slices.Contains(found, agent):
			found = append(found, agent)
		}
	}
	switch {
	case open != "":
		p.issues = append(p.issues, u.problem("agentSourcedIds", "ambiguous", "the roles of %.64q are not known, so that the manager is not", open))
		return unknown, nil
	case len(found) > 1:
		p.issues = append(p.issues, u.problem("agentSourcedIds", "ambiguous", "%.200q all may be the manager, so that nobody knows who is", found))
		return unknown, nil
	case len(found) == 1:
		return found[0], nil
	}
	return "", nil
}

// rolesOf are the roles of an agent; nil: they are not known.
func (p *people) rolesOf(id string) ([]string, error) {
	list := []string{}
	if h := p.roles[id]; h != nil {
		list = append(list, h.roles...)
	}
	s := cmp.Or(p.sheets[roles], p.sheets[users]) // that has roles
	if s.is(Bulk) && p.known[id] || s == p.sheets[users] && p.known[id] && s.has("role") {
		return list, nil
	}
	if p.sheets[users].is(Bulk) && !p.known[id] {
		return nil, nil
	}
	cell, err := (&stored{people: p, id: id}).field(string(Role))
	switch {
	case err != nil:
		return nil, err
	case cell != "" && cell != unknown:
		return append(list, strings.Split(cell, between)...), nil
	case len(list) > 0:
		return list, nil
	}
	return nil, nil
}

// table writes the users as people CSV, and has that read.
func (p *people) table() (*groups.PeopleFile, error) {
	o := p.plan()
	if s := p.sheets[users]; s == nil || s.mode == Delta {
		o.Changes = true
	}
	if s := p.sheets[users]; s.is(Delta) {
		for _, r := range s.gone {
			o.Gone = append(o.Gone, groups.UserID(r.at("sourcedId")))
		}
	}
	t := newText()
	header := []string{"id"}
	for _, c := range p.columns {
		header = append(header, c.Name)
	}
	t.write(0, header)
	for _, u := range p.sheets[users].of() {
		id := u.at("sourcedId")
		was := &stored{people: p, id: id}
		cells := []string{id}
		for _, c := range p.columns {
			cell, err := c.cell(u, was)
			if err != nil {
				return nil, err
			}
			cells = append(cells, cell)
		}
		t.write(u.line, cells)
	}
	f, err := groups.ReadPeopleCSV(t.reader(), &o)
	if err != nil {
		return nil, err
	}
	t.relabel(f.Issues, users)
	return f, nil
}

// A text is a table that is written to be read by package groups, which knows how people are taken in.
type text struct {
	bytes.Buffer
	csv   *csv.Writer
	line  int         // on which the next row starts
	lines map[int]int // those of the bundle, by those of the text
}

func newText() *text {
	t := &text{line: 1, lines: map[int]int{}}
	t.csv = csv.NewWriter(&t.Buffer)
	return t
}

// write adds a row that comes from a line of the bundle.
func (t *text) write(line int, cells []string) {
	t.lines[t.line] = line
	t.line++
	for _, cell := range cells {
		t.line += strings.Count(cell, "\n")
	}
	_ = t.csv.Write(cells) // into memory
}

func (t *text) reader() *bytes.Buffer {
	t.csv.Flush()
	return &t.Buffer
}

// relabel has issues say where in the bundle they are.
func (t *text) relabel(issues []groups.Issue, file string) {
	for i := range issues {
		issue := &issues[i]
		if issue.Cell == unknown {
			issue.Cell, issue.Text = "", "it is not known, and stays so"
		}
		issue.Line = t.lines[issue.Line]
		issue.Column = strings.TrimSpace(file + ".csv " + issue.Column)
	}
}
