package oneroster

import (
	"context"
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
// Directory is read only for what a delta leaves open: the units of its trees, and who its users are; and, where there
// are several trees, for the orgs of a bundle without orgs. Issues, those of the bundle among them, have their file in
// the column, and those of enrollments are with these.
func (b *Bundle) People(ctx context.Context, dir groups.Directory) (*groups.PeopleFile, error) {
	p := &people{Bundle: b, ctx: ctx, dir: dir, roles: map[string]*held{}, unclear: map[place]Problem{}}
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
		f.Issues = append(f.Issues, i.issue())
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
	unclear map[place]Problem // why cells are unknown
}

// A place is a cell of the table, as an issue has it.
type place struct {
	line   int
	column string
}

// A held has what roles.csv says of one user, or the role that users.csv has.
type held struct {
	roles, primary, orgs []string
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
	for i := range f.Issues {
		issue := &f.Issues[i]
		if issue.Cell != unknown {
			continue
		}
		issue.Cell, issue.Text = "", "a delta does not say, and it was not known before"
		if why, is := p.unclear[place{issue.Line, issue.Column}]; is {
			*issue = why.issue()
		}
	}
	return f, nil
}
