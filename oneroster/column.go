package oneroster

import (
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A column of the table has a field, and the cell of a user.
type column struct {
	groups.CSVField
	cell func(row, *stored) (string, error)
}

// plan decides which columns the table has.
func (p *people) plan() (o groups.PeopleCSV) {
	s := p.sheets[users]
	o = groups.PeopleCSV{Key: "id", Missing: p.opts.Missing, Format: groups.CSVFormat{
		Delimiter: ',', Charset: "utf-8", MaxCell: 1 << 30, MaxColumns: 10_000,
	}}
	plain := func(name string) groups.CSVField {
		return groups.CSVField{Field: groups.Field{Name: name, Type: groups.TypeText}}
	}
	aside := func(name string, several bool) groups.CSVField {
		f := plain(name)
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
			add(plain(name), func(u row, _ *stored) (string, error) { return u.at(name), nil })
		}
	}
	if s.has("givenName") || s.has("familyName") {
		add(plain(string(groups.Name)), func(u row, _ *stored) (string, error) {
			return strings.TrimSpace(u.at("givenName") + " " + u.at("familyName")), nil
		})
	}
	if s.has(enabledUser) {
		add(groups.CSVField{Field: groups.Field{Name: enabledUser, Type: groups.TypeBool, NotForCriteria: true}}, func(u row, _ *stored) (string, error) {
			cell := u.at(enabledUser)
			if _, err := groups.ParseValue(groups.TypeBool, cell); err != nil {
				return p.leave(u, enabledUser, u.problem(enabledUser, "badValue", "%v, so that nobody knows whether the user is", err))
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
	if len(p.opts.Agents) > 0 && s.has("agentSourcedIds") && p.saysRoles() {
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
		if _, err := groups.ParseValue(f.Type, r.at(name)); err != nil {
			return p.leave(u, f.Name, r.problem(name, "badValue", "%v", err))
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
		return p.leave(u, manager, u.problem("agentSourcedIds", "ambiguous", "the roles of %.64q are not known, so that the manager is not", open))
	case len(found) > 1:
		return p.leave(u, manager, u.problem("agentSourcedIds", "ambiguous", "%.200q all may be the manager, so that nobody knows who is", found))
	case len(found) == 1:
		return found[0], nil
	}
	return "", nil
}

// leave leaves a cell of a user unknown, and says why.
func (p *people) leave(u row, field string, why Problem) (string, error) {
	p.unclear[place{u.line, users + ".csv " + field}] = why
	return unknown, nil
}

// rolesOf are the roles of an agent; nil: they are not known.
func (p *people) rolesOf(id string) ([]string, error) {
	list := []string{}
	if h := p.roles[id]; h != nil {
		list = append(list, h.roles...)
	}
	if p.known[id] && !p.sheets[roles].is(Delta) {
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
